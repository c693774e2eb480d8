"""The confusion matrix with its choices, in the Review tab."""

from pytestqt.qtbot import QtBot

from tests.ui.reviewing import click_cell
from ui.review.matrix import MatrixView
from ui.review_tab import ReviewTab


def test_another_review_has_no_chosen_cell(qtbot: QtBot, planted: ReviewTab) -> None:
    click_cell(qtbot, planted, 0, 1)
    view, review = planted._page.matrix_view, planted._review
    assert review is not None
    view.show_review(review)
    assert view.matrix._chosen == (0, 1)
    view._review = None
    view.show_review(review)
    assert view.matrix._chosen is None


def test_no_order_is_cut_and_few_classes_offer_no_other_size(qtbot: QtBot) -> None:
    view = MatrixView()
    qtbot.addWidget(view)
    view.resize(470, 260)
    view.show()
    view.order.setCurrentIndex(2)
    assert view.order.width() >= view.order.sizeHint().width()
    assert view.order.fontMetrics().horizontalAdvance(view.order.currentText()) < view.order.width() - 30
    assert not view.whole.isVisible()
