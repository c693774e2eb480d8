"""What can go wrong, in words for the user."""


class AppError(Exception):
    """A failure to show as one sentence, a hint what to do, and details to fold away."""

    def __init__(self, message: str, hint: str = "", detail: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(AppError):
    """The user's images, folders or arguments cannot be used."""


class ProjectError(AppError):
    """The project cannot be opened, read or written."""


class EngineError(AppError):
    """A worker process failed, ended early or cannot run here."""


class BundleError(AppError):
    """A model bundle is missing, damaged or not a bundle."""


class ServerError(AppError):
    """The REST server cannot start or went away."""


class Cancelled(Exception):
    """The user asked a job to stop, and it did."""
