// SPDX-License-Identifier: Apache-2.0
// See fork_dialog.hpp. The action that the run took is shown, but what is chosen at first is another one.
#include "gui/widgets/fork_dialog.hpp"

#include <QDialogButtonBox>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <models/brokers/registry.hpp>

#include "gui/models/words.hpp"

namespace flowtank::gui {

namespace {

std::optional<DecisionLog> log_of(const Stage& stage) {
  const std::uint32_t run = stage.focus().current().run;
  const auto& snapshot = stage.snapshot();
  if (snapshot == nullptr || run >= snapshot->runs.size() || snapshot->runs[run]->log == nullptr) return std::nullopt;
  return *snapshot->runs[run]->log;
}

}  // namespace

QString ForkDialog::problem(const Desk& desk) {
  if (desk.stage.run() == nullptr || desk.stage.record() == no_record) return tr("Run something first, and go to the event at which it is to go another way.");
  if (desk.stage.snapshot()->scenario == nullptr) return tr("A trace alone cannot go another way. Open its scenario.");
  if (desk.session.busy()) return tr("Something is under way. Wait for it, or cancel it.");
  if (!desk.session.is_of_file(desk.stage.snapshot().get())) return tr("What is shown is of another file than the one that is open. Mend that one first.");
  return {};
}

ForkDialog::ForkDialog(const Desk& desk, QWidget* parent)
    : QDialog(parent), desk_(desk), headline_(plain_label(this, "headline")), said_(plain_label(this, "dim")), filter_(new QLineEdit(this)), list_(new QListView(this)), go_(new QPushButton(tr("Go this way"), this)) {
  setWindowTitle(tr("Fork from here"));
  resize(720, 480);
  headline_->setWordWrap(true);
  said_->setWordWrap(true);
  said_->setMinimumHeight(3 * said_->fontMetrics().height());
  said_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  filter_->setPlaceholderText(tr("Words of what may happen, e.g. payment got, fault"));
  filter_->setAccessibleName(tr("Filter of actions"));
  filter_->setClearButtonEnabled(true);
  list_->setModel(&model_);
  list_->setUniformItemSizes(true);
  list_->setAccessibleName(tr("Possible actions"));
  go_->setProperty("primary", true);
  go_->setDefault(true);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
  buttons->addButton(go_, QDialogButtonBox::AcceptRole);
  auto* column = new QVBoxLayout(this);
  column->addWidget(headline_);
  column->addWidget(filter_);
  column->addWidget(list_, 1);
  column->addWidget(said_);
  column->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, &ForkDialog::go);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(list_, &QListView::activated, this, [this] { go(); });
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, &ForkDialog::show_choice);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& words) {
    model_.filter(words);
    list_->setCurrentIndex(model_.index(std::max(0, model_.first_other())));
    show_choice();
  });
  look();
}

ForkDialog::~ForkDialog() { work_.disconnect(this); }

void ForkDialog::look() {
  go_->setEnabled(false);
  const RunReader* run = desk_.stage.run();
  const Snapshot& snapshot = *desk_.stage.snapshot();
  headline_->setText(tr("At #%1, instead of “%2”:").arg(desk_.stage.record()).arg(text_of(run->sentence(desk_.stage.record()))));
  said_->setText(tr("Looking for what is possible here…"));
  source_.file = snapshot.scenario->file;
  source_.overrides = snapshot.overrides;
  source_.model_path = desk_.session.model_path();
  source_.log = log_of(desk_.stage);
  source_.seed = snapshot.seed;
  source_.horizon = snapshot.horizon;
  source_.told = run->index().told_number(desk_.stage.record());
  work_.start([this, source = source_](const std::atomic<bool>& cancelled) -> std::function<void()> {
    Diagnostics problems;
    auto found = crossroads_at(source, shipped_brokers(), cancelled, problems);
    auto shared = found ? std::make_shared<const Crossroads>(std::move(*found)) : nullptr;
    const QString problem = problems.all().empty() ? QString() : name_of(problems.all().front().message) + QLatin1Char(' ') + name_of(problems.all().front().hint);
    return [this, shared, problem] {
      crossroads_ = shared;
      if (shared == nullptr) return said_->setText(problem.isEmpty() ? tr("This run cannot be followed to here.") : problem);
      model_.show(shared->choices);
      QString said = tr("%1 can happen here. The branch goes on as the run did, as far as that is possible, and then to its end without further faults.").arg(text_of(reports::counted(shared->choices.size(), "thing")));
      if (source_.log == std::nullopt) said += QLatin1Char(' ') + tr("It has no time: what came first stays first.");
      if (shared->lost != 0) said += QLatin1Char(' ') + tr("%1 actions before it depend on time and are left out.").arg(shared->lost);
      said_->setText(said);
      list_->setCurrentIndex(model_.index(std::max(0, model_.first_other())));
      list_->setFocus();
      show_choice();
    };
  });
}

void ForkDialog::show_choice() {
  const Choice* choice = model_.choice(list_->currentIndex().row());
  go_->setEnabled(choice != nullptr && crossroads_ != nullptr && !work_.busy());
}

void ForkDialog::go() {
  const Choice* choice = model_.choice(list_->currentIndex().row());
  if (choice == nullptr || crossroads_ == nullptr) return;
  go_->setEnabled(false);
  said_->setText(tr("Following the branch…"));
  work_.start([this, source = source_, crossroads = crossroads_, action = choice->action](const std::atomic<bool>& cancelled) -> std::function<void()> {
    Diagnostics problems;
    auto log = branch_of(source, *crossroads, action, shipped_brokers(), cancelled, problems);
    auto shared = log ? std::make_shared<const DecisionLog>(std::move(*log)) : nullptr;
    const QString problem = problems.all().empty() ? QString() : name_of(problems.all().front().message);
    return [this, shared, problem] {
      if (shared == nullptr) return said_->setText(problem);
      JobRequest request;
      request.kind = JobKind::branch;
      request.log = shared;
      request.overrides = source_.overrides;
      request.seed = source_.seed;
      request.scenario = source_.file;
      desk_.session.ask(std::move(request));
      accept();
    };
  });
}

}  // namespace flowtank::gui
