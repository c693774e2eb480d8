"""Values that are made while they are written."""

import json

from app.commands.report import Lazy


def test_a_lazy_list_is_written_piece_by_piece() -> None:
    made: list[int] = []

    def make(at: int) -> dict[str, int]:
        made.append(at)
        return {"at": at}

    pieces = json.JSONEncoder().iterencode({"results": Lazy(3, make), "none": Lazy(0, make)})
    written = ""
    while '"at": 0' not in written:
        written += next(pieces)
    assert made == [0]
    assert json.loads(written + "".join(pieces)) == {"results": [{"at": 0}, {"at": 1}, {"at": 2}], "none": []}
