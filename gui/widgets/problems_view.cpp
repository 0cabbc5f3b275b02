// SPDX-License-Identifier: Apache-2.0
// See table_views.hpp: the problems of a scenario beside its text. Positions are bytes in the file; the text shows the
// very characters.
#include <QFile>
#include <QHeaderView>
#include <QScrollBar>
#include <QSplitter>
#include <QTextBlock>
#include <QVBoxLayout>

#include "gui/scene/paint.hpp"
#include "gui/widgets/row_delegate.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {
namespace {

// A column in bytes as a column in characters of the line.
int characters(const QString& line, std::uint32_t bytes) { return static_cast<int>(QString::fromUtf8(line.toUtf8().left(static_cast<qsizetype>(bytes))).size()); }

}  // namespace

ProblemsView::ProblemsView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), table_(plain_table(&model_, this)), text_(new QPlainTextEdit(this)), summary_(plain_label(this, "dim")) {
  table_->setItemDelegate(new ProblemDelegate(desk.appearance, table_));
  table_->setAccessibleName(tr("Problems"));
  text_->setReadOnly(true);
  text_->setAccessibleName(tr("Text of the scenario"));
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setFont(font_of({12.5, false, true}));
  summary_->setContentsMargins(8, 4, 8, 4);
  auto* halves = new QSplitter(Qt::Vertical, this);
  halves->addWidget(text_);
  halves->addWidget(table_);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 2);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(summary_);
  column->addWidget(halves, 1);
  const int widths[] = {96, 76, 230, 460, 200};
  for (int c = 0; c < 5; ++c) table_->setColumnWidth(c, widths[c]);
  connect(&desk_.session, &Session::diagnostics_changed, this, &ProblemsView::refresh);
  connect(&desk_.appearance, &Appearance::changed, this, &ProblemsView::underline);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) { go_to(now.row()); });
  refresh();
}

void ProblemsView::refresh() {
  model_.show(desk_.session.diagnostics());
  const int count = model_.rowCount();
  summary_->setText(count == 0 ? tr("No problems.") : tr("All %1 of the file, in its order. The command line prints the same.").arg(count));
  QFile file(desk_.session.file());
  constexpr qint64 most = 4 << 20;
  if (desk_.session.is_scenario() && file.open(QIODevice::ReadOnly)) text_->setPlainText(QString::fromUtf8(file.read(most)));
  else text_->clear();
  underline();
  if (count > 0) table_->setCurrentIndex(model_.index(0, 0));
}

void ProblemsView::underline() {
  QList<QTextEdit::ExtraSelection> marks;
  const Theme& theme = desk_.appearance.theme();
  for (const Diagnostic& d : model_.diagnostics().all()) {
    if (d.range.line == 0 || d.file != desk_.session.file().toStdString()) continue;
    const QTextBlock block = text_->document()->findBlockByNumber(static_cast<int>(d.range.line) - 1);
    if (!block.isValid()) continue;
    const int begin = characters(block.text(), d.range.column - 1);
    const int end = characters(block.text(), d.range.column - 1 + std::max(1U, d.range.length));
    QTextEdit::ExtraSelection mark;
    mark.cursor = QTextCursor(block);
    mark.cursor.setPosition(block.position() + begin);
    mark.cursor.setPosition(block.position() + std::min(end, static_cast<int>(block.text().size())), QTextCursor::KeepAnchor);
    const bool error = d.severity == Severity::error;
    mark.format.setBackground(theme[error ? Role::fail_tint : Role::unsure_tint]);
    mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
    mark.format.setUnderlineColor(theme[error ? Role::fail : Role::unsure]);
    marks.push_back(mark);
  }
  text_->setExtraSelections(marks);
}

void ProblemsView::go_to(int row) {
  if (row < 0 || row >= model_.rowCount()) return;
  const Diagnostic& d = model_.diagnostics().all()[static_cast<std::size_t>(row)];
  if (d.range.line == 0 || d.file != desk_.session.file().toStdString()) return;
  const QTextBlock block = text_->document()->findBlockByNumber(static_cast<int>(d.range.line) - 1);
  if (!block.isValid()) return;
  QTextCursor cursor(block);
  cursor.setPosition(block.position() + characters(block.text(), d.range.column - 1));
  text_->setTextCursor(cursor);
  text_->centerCursor();
  text_->horizontalScrollBar()->setValue(0);
  text_->ensureCursorVisible();
}

void ProblemsView::next(int direction) {
  const int count = model_.rowCount();
  if (count == 0) return;
  const int row = (table_->currentIndex().row() + direction + count) % count;
  table_->setCurrentIndex(model_.index(row, 0));
}

}  // namespace flowtank::gui
