// SPDX-License-Identifier: Apache-2.0
// See cause_view.hpp. Everything that comes from a scenario is plain text here: nothing of it is taken for mark-up.
#include "gui/widgets/cause_view.hpp"

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QResizeEvent>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

#include "gui/models/words.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/row_delegate.hpp"

namespace flowtank::gui {
namespace {

QLabel* words(QWidget* parent, const char* role) {
  auto* label = new QLabel(parent);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label->setProperty("role", role);
  return label;
}

QString joined(const std::vector<std::string>& parts, const QString& between) {
  QString out;
  for (const std::string& part : parts) out += (out.isEmpty() ? QString() : between) + text_of(part);
  return out;
}

}  // namespace

CauseView::CauseView(const Desk& desk, QWidget* parent) : QScrollArea(parent), desk_(desk) {
  auto* page = new QWidget(this);
  page->setProperty("role", "base");
  page->setAttribute(Qt::WA_StyledBackground);
  headline_ = words(page, "headline");
  headline_->setContentsMargins(12, 10, 12, 8);
  fault_ = new QFrame(page);
  fault_->setProperty("role", "fault");
  fault_shape_ = new QLabel(fault_);
  fault_words_ = words(fault_, "");
  without_ = new QPushButton(tr("Re-run without"), fault_);
  without_->setToolTip(tr("Runs the same seed again with this fault switched off"));
  auto* fault_row = new QHBoxLayout(fault_);
  fault_row->setContentsMargins(12, 6, 8, 6);
  fault_row->addWidget(fault_shape_);
  fault_row->addWidget(fault_words_, 1);
  fault_row->addWidget(without_);
  steps_ = new QListView(page);
  steps_->setModel(&model_);
  steps_->setItemDelegate(new StoryDelegate(desk.appearance, steps_));
  steps_->setAccessibleName(tr("Steps of the cause"));
  steps_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  steps_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  steps_->setResizeMode(QListView::Adjust);
  steps_->installEventFilter(this);
  evidence_ = words(page, "");
  evidence_->setContentsMargins(12, 8, 12, 2);
  notes_ = words(page, "dim");
  notes_->setContentsMargins(12, 4, 12, 4);
  repair_ = new QPushButton(tr("Run what passes"), page);
  repair_->setToolTip(tr("Runs the scenario with the options named above"));
  auto* repair_row = new QHBoxLayout;
  repair_row->setContentsMargins(12, 2, 12, 10);
  repair_row->addWidget(repair_);
  repair_row->addStretch(1);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(headline_);
  column->addWidget(fault_);
  column->addWidget(steps_);
  column->addWidget(evidence_);
  column->addWidget(notes_);
  column->addLayout(repair_row);
  column->addStretch(1);
  setWidget(page);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Cause"));
  setFocusProxy(steps_);
  connect(&desk_.stage, &Stage::verdict_changed, this, &CauseView::refresh);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &CauseView::refresh);
  connect(&desk_.stage.focus(), &Focus::changed, this, &CauseView::follow);
  connect(steps_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& now) {
    if (!now.isValid() || following_) return;
    const RecordId record = model_.rows()[static_cast<std::size_t>(now.row())].record;
    const VerdictEntry* entry = desk_.stage.verdict_entry();
    if (record == no_record || entry == nullptr) return;
    FocusPoint point;
    point.run = entry->run;
    point.record = record;
    desk_.stage.focus().set(point);
  });
  const auto rerun = [this](const QPushButton* button) {
    const auto overrides = button->property("overrides").toStringList();
    std::vector<std::string> more;
    for (const QString& one : overrides) more.push_back(one.toStdString());
    run_again(desk_, more);
  };
  connect(without_, &QPushButton::clicked, this, [this, rerun] { rerun(without_); });
  connect(repair_, &QPushButton::clicked, this, [this, rerun] { rerun(repair_); });
  refresh();
}

void CauseView::refresh() {
  const VerdictEntry* entry = desk_.stage.verdict_entry();
  fault_->hide();
  repair_->hide();
  evidence_->hide();
  if (entry != nullptr && entry->story) show_story(*entry);
  else show_without_story(entry);
  size_steps();
  follow();
}

void CauseView::show_story(const VerdictEntry& entry) {
  const reports::Story& story = *entry.story;
  const auto& snapshot = desk_.stage.snapshot();
  // A name such as payment.charges stays as it is written.
  const bool name_first = story.headline.find_first_of(".[") < story.headline.find(' ');
  headline_->setText(text_of(name_first ? story.headline : reports::with_capital(story.headline)) + (story.headline.ends_with('.') ? QString() : QStringLiteral(".")));
  if (!story.faults.empty()) {
    fault_->show();
    QString said = joined(story.faults, QStringLiteral("\n"));
    fault_words_->setText(text_of(reports::with_capital(said.toStdString())));
    // The fault by its name, as overrides know it.
    QStringList off;
    for (const FaultEntry& fault : snapshot->faults) {
      const bool meant = std::any_of(story.faults.begin(), story.faults.end(), [&](const std::string& line) { return line.starts_with("fault " + fault.name + ":"); });
      if (meant) fault_shape_->setPixmap(icon_of(desk_.appearance.theme(), symbol_of(fault.kind)).pixmap(18));
      if (meant) off << QStringLiteral("faults.%1.budget=0").arg(text_of(fault.name));
    }
    without_->setVisible(!off.isEmpty() && desk_.session.is_scenario());
    without_->setProperty("overrides", off);
  }
  const RunReader* run = desk_.stage.focus().current().run == entry.run ? desk_.stage.run() : nullptr;
  model_.show(story_rows(story, run));
  show_evidence(story);
  QStringList notes;
  if (!snapshot->shrunk.empty()) notes << tr("Shrunk %1.").arg(text_of(snapshot->shrunk));
  if (!story.critical.empty()) notes << tr("◆ Critical step: %1.").arg(text_of(story.critical));
  if (!story.passes.empty()) notes << tr("It passes %1.").arg(text_of(story.passes));
  if (!story.window.empty()) notes << tr("Window: the crash falls %1.").arg(text_of(story.window));
  if (story.left_out != 0) notes << tr("%1 steps in the middle are left out.").arg(story.left_out);
  if (story.repeats_from != 0) notes << tr("From step %1 on this repeats for ever.").arg(story.repeats_from);
  if (story.shortest) notes << tr("A shortest counterexample: %1 actions, %2.").arg(story.actions).arg(joined(story.business, QStringLiteral(", ")));
  if (!entry.assumption.empty()) notes << text_of(entry.assumption);
  if (story.cause) {
    notes << tr("Cause: %1 = \"%2\" at %3:%4.").arg(text_of(story.cause->option), text_of(story.cause->value), text_of(story.cause->file.substr(story.cause->file.rfind('/') + 1))).arg(story.cause->where.line);
    if (!story.cause->says.empty()) notes << text_of(story.cause->says);
  }
  if (!entry.repair.empty() && desk_.session.is_scenario()) {
    QStringList overrides;
    for (const std::string& one : entry.repair) overrides << text_of(one);
    notes << tr("Passes with %1.").arg(overrides.join(QStringLiteral(", ")));
    repair_->setProperty("overrides", overrides);
    repair_->show();
  }
  notes_->setText(notes.join(QLatin1Char('\n')));
  notes_->setVisible(!notes.isEmpty());
}

void CauseView::show_evidence(const reports::Story& story) {
  QStringList lines;
  for (const KeyEvidence& e : story.evidence) {
    QString line = text_of(e.subject) + (e.key.empty() ? QString() : QStringLiteral(" ") + text_of(e.key)) + QStringLiteral(": ");
    if (!e.before.empty()) line += text_of(e.before) + QStringLiteral(" → ");
    line += text_of(e.after);
    if (!e.allowed.empty()) line += tr(" (allowed: %1)").arg(text_of(e.allowed));
    lines << line;
    if (lines.size() == 6) break;
  }
  evidence_->setText(lines.join(QLatin1Char('\n')));
  evidence_->setVisible(!lines.isEmpty());
}

void CauseView::show_without_story(const VerdictEntry* entry) {
  model_.show({});
  if (entry == nullptr) {
    headline_->setText(desk_.stage.snapshot() == nullptr ? tr("Nothing was run yet.") : tr("This has no properties: there is no verdict to explain."));
    notes_->setText(desk_.stage.snapshot() == nullptr ? tr("A verdict that is chosen is explained here.") : QString());
    return;
  }
  const Verdict& v = entry->verdict;
  const auto& snapshot = desk_.stage.snapshot();
  const QString name = name_of(v.property);
  switch (v.kind) {
    case VerdictKind::pass:
      headline_->setText(v.strength == Strength::proved ? tr("“%1” holds in every state within the bounds.").arg(name) : tr("“%1” held in this run.").arg(name));
      notes_->setText(v.strength == Strength::proved ? text_of(snapshot->said) : tr("One run shows nothing about other orders of events. Explore all orders with Check (F6)."));
      break;
    case VerdictKind::inconclusive:
      headline_->setText(tr("Whether “%1” holds is not known.").arg(name));
      notes_->setText(name_of(v.note));
      break;
    case VerdictKind::vacuous:
      headline_->setText(tr("“%1” was never put to the test.").arg(name));
      notes_->setText(name_of(v.note));
      break;
    case VerdictKind::fail:
      headline_->setText(tr("“%1” is violated.").arg(name));
      notes_->setText(snapshot->scenario == nullptr ? tr("A trace alone has no story. Open its scenario or counterexample for one.") : name_of(v.note));
      break;
  }
  notes_->setVisible(!notes_->text().isEmpty());
}

void CauseView::follow() {
  const VerdictEntry* entry = desk_.stage.verdict_entry();
  const int row = entry != nullptr && entry->run == desk_.stage.focus().current().run ? model_.row_of(desk_.stage.focus().current().record) : -1;
  following_ = true;
  if (row >= 0) {
    steps_->setCurrentIndex(model_.index(row));
    const QRect at = steps_->visualRect(model_.index(row));
    ensureVisible(20, steps_->y() + at.center().y(), 10, at.height());
  } else {
    steps_->clearSelection();
    steps_->setCurrentIndex({});
  }
  following_ = false;
}

// The list is as high as its rows: the page scrolls, the list does not.
void CauseView::size_steps() {
  int height = 0;
  QStyleOptionViewItem option;
  option.widget = steps_;
  for (int row = 0; row < model_.rowCount(); ++row) height += steps_->itemDelegate()->sizeHint(option, model_.index(row)).height();
  steps_->setFixedHeight(height);
  steps_->setVisible(height > 0);
}

// The width of the list decides the height of its rows, and so of the list.
bool CauseView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == steps_ && event->type() == QEvent::Resize && static_cast<QResizeEvent*>(event)->oldSize().width() != steps_->width()) {
    QMetaObject::invokeMethod(this, [this] {
      steps_->doItemsLayout();
      size_steps();
    }, Qt::QueuedConnection);
  }
  return QScrollArea::eventFilter(watched, event);
}

}  // namespace flowtank::gui
