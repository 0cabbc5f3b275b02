// SPDX-License-Identifier: Apache-2.0
// See compare_view.hpp: the cards of the two sides, the tools above the picture, and the tables below it.
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QSignalBlocker>
#include <QSplitter>
#include <QVBoxLayout>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <sim/run/world_builder.hpp>

#include "gui/models/words.hpp"
#include "gui/scene/paint.hpp"
#include "gui/theme/symbols.hpp"
#include "gui/widgets/compare_view.hpp"
#include "gui/widgets/row_delegate.hpp"
#include "gui/widgets/table_views.hpp"

namespace flowtank::gui {
namespace {

constexpr int entry_role = Qt::UserRole, entry_what_role = Qt::UserRole + 1;

}  // namespace

CompareView::CompareView(const Desk& desk, QWidget* parent)
    : QWidget(parent), desk_(desk), other_(desk.session.model_path()), scene_(new SceneView(desk.appearance, this)), choice_(new QComboBox(this)), key_(new QLineEdit(this)),
      first_(new QPushButton(tr("Go to first divergence"), this)), headline_(plain_label(this, "headline")), said_(plain_label(this, "dim")), summary_(plain_label(this, "dim")),
      state_words_(plain_label(this, "dim")), table_(plain_table(&differences_, this)), state_table_(plain_table(&state_, this)), stores_(new QComboBox(this)) {
  card_a_ = make_card(QStringLiteral("A"));
  card_b_ = make_card(QStringLiteral("B"));
  auto* cards = new QHBoxLayout;
  cards->setContentsMargins(4, 4, 4, 4);
  cards->setSpacing(4);
  cards->addWidget(card_a_.frame, 1);
  cards->addWidget(card_b_.frame, 1);
  headline_->setWordWrap(true);
  headline_->setContentsMargins(12, 6, 12, 6);
  scene_->setAccessibleName(tr("Comparison"));
  auto* halves = new QSplitter(Qt::Vertical, this);
  auto* upper = new QWidget(halves);
  auto* column = new QVBoxLayout(upper);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(make_strip());
  column->addWidget(headline_);
  column->addWidget(scene_, 1);
  halves->addWidget(upper);
  halves->addWidget(make_below());
  halves->setStretchFactor(0, 5);
  halves->setStretchFactor(1, 2);
  halves->setSizes({500, 220});
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(0);
  all->addLayout(cards);
  all->addWidget(halves, 1);
  connect(&desk_.stage, &Stage::verdict_changed, this, &CompareView::new_a);
  connect(&desk_.stage, &Stage::snapshot_changed, this, &CompareView::new_a);
  connect(&desk_.appearance, &Appearance::changed, this, &CompareView::refresh);
  connect(&desk_.stage.focus(), &Focus::changed, this, &CompareView::follow);
  connect(&other_, &Session::snapshot_changed, this, &CompareView::new_b);
  connect(&other_, &Session::diagnostics_changed, this, &CompareView::refresh);
  connect(&other_, &Session::busy_changed, this, &CompareView::refresh);
  connect(&other_, &Session::progress, this, [this](double, const QString& words) {
    if (other_.busy()) headline_->setText(tr("Running B: %1").arg(words));
  });
  connect(&comparing_, &Background::busy_changed, this, &CompareView::refresh);
  scene_->on_resize = [this] { refresh(); };
  scene_->on_click = [this](const Hit& hit) {
    if (comparison_ == nullptr || hit.record == no_record) return;
    go_to_row(hit.lane == 0 ? comparison_->row_of_a(hit.record) : comparison_->row_of_b(hit.record));
  };
  scene_->on_key = [this](int key, Qt::KeyboardModifiers) {
    if (key == Qt::Key_Up) go_to_row(row_ - 1);
    if (key == Qt::Key_Down) go_to_row(row_ + 1);
    if (key == Qt::Key_N) go_to_difference(1);
    if (key == Qt::Key_P) go_to_difference(-1);
  };
  setFocusProxy(scene_);
  // A stack is as wide as its widest page must be: this one shrinks with the window.
  setMinimumSize(320, 240);
  new_a();
}

CompareView::Card CompareView::make_card(const QString& letter) {
  Card card;
  card.frame = new QFrame(this);
  card.frame->setProperty("role", "panel");
  auto* letter_label = plain_label(card.frame);
  letter_label->setText(letter);
  letter_label->setFont(font_of({16, true}));
  letter_label->setAlignment(Qt::AlignCenter);
  letter_label->setFixedSize(30, 30);
  letter_label->setProperty("role", "letter");
  card.name = plain_label(card.frame);
  card.name->setFont(font_of({13, true}));
  card.details = plain_label(card.frame, "dim");
  card.details->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  card.name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  card.shape = new QLabel(card.frame);
  card.verdict = plain_label(card.frame);
  auto* words = new QVBoxLayout;
  words->setSpacing(1);
  words->addWidget(card.name);
  words->addWidget(card.details);
  auto* row = new QHBoxLayout(card.frame);
  row->setContentsMargins(10, 6, 10, 6);
  row->addWidget(letter_label);
  row->addSpacing(6);
  row->addLayout(words, 1);
  row->addWidget(card.shape);
  row->addWidget(card.verdict);
  return card;
}

void CompareView::show_card(Card& card, const Snapshot* snapshot, const QString& name) {
  if (snapshot == nullptr) {
    card.name->setText(tr("nothing yet"));
    card.details->clear();
    card.shape->clear();
    card.verdict->clear();
    return;
  }
  const QString file = QFileInfo(QString::fromStdString(snapshot->file)).fileName(), brokers = brokers_of(*snapshot);
  card.name->setText(name.isEmpty() ? file : name == file ? file : file + QStringLiteral(", ") + name);
  QStringList details;
  if (!brokers.isEmpty()) details << brokers;
  details << (snapshot->driver == Driver::check ? tr("all orders of events") : tr("seed %1").arg(snapshot->seed));
  if (!snapshot->fingerprint.empty()) details << tr("fingerprint %1").arg(QString::fromStdString(snapshot->fingerprint));
  card.details->setText(details.join(QStringLiteral("  ·  ")));
  card.details->setToolTip(tip_of(details.join(QLatin1Char('\n'))));
  const std::uint32_t urgent = most_urgent(*snapshot);
  if (urgent >= snapshot->verdicts.size()) {
    card.shape->clear();
    card.verdict->setText(tr("no verdicts"));
    return;
  }
  const VerdictKind kind = snapshot->verdicts[urgent].verdict.kind;
  const auto same = std::count_if(snapshot->verdicts.begin(), snapshot->verdicts.end(), [kind](const VerdictEntry& e) { return e.verdict.kind == kind; });
  card.shape->setPixmap(icon_of(desk_.appearance.theme(), symbol_of(kind)).pixmap(16));
  card.verdict->setText(tr("%1  %2 of %3").arg(text_of(std::string(to_text(kind)))).arg(same).arg(snapshot->verdicts.size()));
}

QWidget* CompareView::make_strip() {
  choice_->setAccessibleName(tr("What to compare with"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  choice_->setMinimumContentsLength(18);
  said_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  said_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  overlay_ = toggle_button(tr("Overlay"), tr("Lays both runs over each other instead of side by side"), this);
  hide_ = toggle_button(tr("Hide matched"), tr("Only what differs, and what stands beside it"), this);
  key_->setPlaceholderText(tr("Key, e.g. o-7"));
  key_->setAccessibleName(tr("Only events with this key"));
  key_->setClearButtonEnabled(true);
  key_->setMaximumWidth(130);
  auto* previous = new QToolButton(this);
  previous->setText(tr("Previous"));
  previous->setToolTip(tr("The difference before (P)"));
  auto* next = new QToolButton(this);
  next->setText(tr("Next"));
  next->setToolTip(tr("The next difference (N)"));
  for (QToolButton* button : {previous, next}) button->setFocusPolicy(Qt::StrongFocus);
  first_->setProperty("primary", true);
  connect(choice_, &QComboBox::activated, this, &CompareView::choose);
  connect(overlay_, &QToolButton::toggled, this, &CompareView::refresh);
  connect(hide_, &QToolButton::toggled, this, &CompareView::refresh);
  connect(key_, &QLineEdit::textChanged, this, &CompareView::refresh);
  connect(previous, &QToolButton::clicked, this, [this] { go_to_difference(-1); });
  connect(next, &QToolButton::clicked, this, [this] { go_to_difference(1); });
  connect(first_, &QPushButton::clicked, this, [this] { go_to_difference(0); });
  auto* with = plain_label(this, "dim");
  with->setText(tr("B is"));
  QWidget* strip = tool_strip({with, choice_, overlay_, hide_, key_, said_, previous, next, first_}, this);
  static_cast<QHBoxLayout*>(strip->layout())->setStretchFactor(said_, 1);
  return strip;
}

QWidget* CompareView::make_below() {
  table_->setItemDelegate(new DifferenceDelegate(desk_.appearance, table_));
  table_->setAccessibleName(tr("Verdicts and options of both sides"));
  table_->horizontalHeader()->setStretchLastSection(false);
  table_->horizontalHeader()->setSectionResizeMode(DifferenceModel::what, QHeaderView::Stretch);
  table_->setColumnWidth(DifferenceModel::left, 170);
  table_->setColumnWidth(DifferenceModel::right, 170);
  table_->setColumnWidth(DifferenceModel::sign, 34);
  state_table_->setItemDelegate(new StateDelegate(desk_.appearance, state_table_));
  state_table_->setAccessibleName(tr("Rows that differ"));
  stores_->setAccessibleName(tr("Store"));
  stores_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  stores_->setMinimumContentsLength(18);
  connect(stores_, &QComboBox::activated, this, &CompareView::choose_store);
  auto* below = new QSplitter(Qt::Horizontal, this);
  const auto half = [&](const QList<QWidget*>& tools, QWidget* table) {
    auto* box = new QWidget(below);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(tool_strip(tools, box));
    column->addWidget(table, 1);
    below->addWidget(box);
  };
  auto* verdicts = plain_label(this);
  verdicts->setText(tr("Verdicts and options"));
  verdicts->setFont(font_of({13, true}));
  auto* rows = plain_label(this);
  rows->setText(tr("Rows"));
  rows->setFont(font_of({13, true}));
  half({verdicts, nullptr, summary_}, table_);
  half({rows, stores_, nullptr, state_words_}, state_table_);
  below->setSizes({500, 500});
  return below;
}

// What can be B, of the scenario that is A.
void CompareView::list_choices() {
  const QSignalBlocker blocked(choice_);
  choice_->clear();
  const auto add = [this](const QString& words, Entry entry, const QString& what = {}) {
    choice_->addItem(words);
    choice_->setItemData(choice_->count() - 1, entry, entry_role);
    choice_->setItemData(choice_->count() - 1, what, entry_what_role);
  };
  add(tr("choose…"), entry_none);
  if (snapshot_a_ != nullptr && snapshot_a_->scenario != nullptr) {
    add(tr("the nearest run that passes"), entry_nearest);
    for (const FaultEntry& fault : snapshot_a_->faults) add(tr("without the fault %1").arg(text_of(fault.name)), entry_without, QStringLiteral("faults.%1.budget=0").arg(text_of(fault.name)));
    if (snapshot_a_->driver == Driver::run) add(tr("another seed…"), entry_seed);
    for (const std::string& kind : broker_kinds(shipped_brokers())) {
      QStringList others;
      for (const BrokerSpec& broker : snapshot_a_->scenario->system->brokers) {
        if (broker.kind != kind && !others.contains(name_of(broker.kind))) others << name_of(broker.kind);
      }
      if (!others.isEmpty()) add(tr("%1 instead of %2").arg(name_of(kind), others.join(QStringLiteral(", "))), entry_broker, name_of(kind));
    }
  }
  add(tr("another file…"), entry_file);
}

// Shows what B is.
void CompareView::select(int entry) {
  const int at = choice_->findData(entry, entry_role);
  const QSignalBlocker blocked(choice_);
  if (at >= 0) choice_->setCurrentIndex(at);
}

void CompareView::choose(int at) {
  const QString words = choice_->itemText(at), what = choice_->itemData(at, entry_what_role).toString();
  switch (static_cast<Entry>(choice_->itemData(at, entry_role).toInt())) {
    case entry_none: return;
    case entry_nearest: return with_nearest();
    case entry_without: return with_overrides({what.toStdString()}, words);
    case entry_broker: return with_broker(what.toStdString(), words);
    case entry_seed: {
      bool given = false;
      const QString text = QInputDialog::getText(this, tr("Compare with another seed"), tr("Seed, 0 to 18,446,744,073,709,551,615"), QLineEdit::Normal, QString::number(snapshot_a_->seed + 1), &given);
      bool number = false;
      const std::uint64_t seed = text.toULongLong(&number);
      if (given && number) with_seed(seed);
      return;
    }
    case entry_file: {
      const QString file = QFileDialog::getOpenFileName(this, tr("Compare with"), QFileInfo(scenario_file()).absolutePath(), tr("Scenarios, traces, counterexamples (*.json *.ftrace *.flowtrace *.counterexample);;All files (*)"));
      if (!file.isEmpty()) with_file(file);
      return;
    }
  }
}

}  // namespace flowtank::gui
