// SPDX-License-Identifier: Apache-2.0
// See main_window.hpp: what makes files of what is shown. Shrinking and the report are jobs of the session, with progress and cancel
// like all others; a scenario, a counterexample and a branch are written at once. What cannot be written leaves what was there.
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>

#include "gui/models/words.hpp"
#include "gui/session/kept_files.hpp"
#include "gui/widgets/main_window.hpp"

namespace flowtank::gui {

std::optional<JobRequest> MainWindow::of_what_is_shown(JobKind kind) const {
  const auto& shown = stage_.snapshot();
  if (shown == nullptr || shown->scenario == nullptr) return std::nullopt;
  JobRequest request;
  request.kind = kind;
  request.scenario = shown->scenario->file;
  request.overrides = shown->overrides;
  request.seed = shown->seed;
  request.horizon = shown->horizon;
  request.explored = shown->driver == Driver::check;
  return request;
}

// Why a job of what is shown cannot be started; empty when it can.
QString MainWindow::not_of_what_is_shown() const {
  if (stage_.snapshot() == nullptr) return tr("Run or open something first.");
  if (stage_.snapshot()->scenario == nullptr) return tr("A trace alone has no scenario. Open the scenario that it is of.");
  if (!session_.is_of_file(stage_.snapshot().get())) return tr("What is shown is of another file than the one that is open. Mend that one first.");
  if (session_.busy()) return tr("Something is under way. Wait for it, or cancel it.");
  return {};
}

void MainWindow::shrink() {
  const QString problem = not_of_what_is_shown();
  if (!problem.isEmpty()) return stopped_->setText(problem);
  const VerdictEntry* verdict = stage_.verdict_entry();
  if (verdict == nullptr || verdict->verdict.kind != VerdictKind::fail) return stopped_->setText(tr("Only a violation can be made smaller. Choose a verdict that is FAIL."));
  auto request = of_what_is_shown(JobKind::shrink);
  request->property = verdict->verdict.property;
  if (verdict->run < stage_.snapshot()->runs.size()) request->log = stage_.snapshot()->runs[verdict->run]->log;
  // A branch of a timed run is a log of actions; its overrides are in it.
  session_.ask(std::move(*request));
}

void MainWindow::write_report(const QString& file) {
  const QString problem = not_of_what_is_shown();
  if (!problem.isEmpty()) return stopped_->setText(problem);
  auto request = of_what_is_shown(JobKind::report);
  const auto& runs = stage_.snapshot()->runs;
  if (stage_.snapshot()->replayed && !runs.empty()) request->log = runs.front()->log;
  request->to = file.toStdString();
  session_.ask(std::move(*request));
}

QString MainWindow::save_scenario(const QString& file) const {
  const auto& shown = stage_.snapshot();
  if (shown == nullptr || shown->scenario == nullptr) return tr("There is no scenario to save: a trace alone has none.");
  ScenarioAsSet set;
  set.file = shown->scenario->file;
  set.overrides = shown->overrides;
  set.model_path = session_.model_path();
  set.explored = shown->driver == Driver::check;
  // What is typed in counts, run or not; a seed that nobody changed stays as the file has it.
  set.seed = shown->driver == Driver::run && seed() ? seed() : shown->seed;
  if (*set.seed == shown->scenario->system->bounds.seed) set.seed.reset();
  set.horizon = shown->horizon;
  const auto problem = keep_scenario(set, file.toStdString());
  return problem ? text_of(*problem) : QString();
}

KeptLog MainWindow::keep_counterexample(const QString& file) const {
  if (!can_save_counterexample()) return {"", "", tr("This run has no log of actions.").toStdString()};
  const auto& shown = stage_.snapshot();
  DecisionLog log = *shown->runs[stage_.focus().current().run]->log;
  const VerdictEntry* verdict = stage_.verdict_entry();
  if (log.property.empty() && verdict != nullptr && verdict->verdict.kind == VerdictKind::fail) log.property = verdict->verdict.property;
  ScenarioAsSet set;
  set.file = shown->scenario->file;
  set.model_path = session_.model_path();
  return keep_log(set, std::move(log), !shown->shrunk.empty(), file.toStdString());
}

QString MainWindow::save_counterexample(const QString& file) const { return text_of(keep_counterexample(file).problem); }

void MainWindow::make_kept_commands(QMenu* menu) {
  const auto name = [this](const QString& ending) { return QFileInfo(session_.file()).completeBaseName() + ending; };
  add(menu, {"export-report", tr("Export &report…"), tr("Writes the consistency report of what is shown as one page that opens in any browser"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E)}, [this, name] {
        const QString problem = not_of_what_is_shown();
        if (!problem.isEmpty()) return stopped_->setText(problem);
        const QString file = QFileDialog::getSaveFileName(this, tr("Export report"), name(QStringLiteral(".html")), tr("Pages (*.html)"));
        if (!file.isEmpty()) write_report(file);
      }});
  add(menu, {"save-scenario", tr("Save scenario as &set…"), tr("Writes the scenario with the seed and the options that are set now"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)}, [this, name] {
        if (stage_.snapshot() == nullptr || stage_.snapshot()->scenario == nullptr) return stopped_->setText(tr("There is no scenario to save: a trace alone has none."));
        const QString file = QFileDialog::getSaveFileName(this, tr("Save scenario as set"), name(QStringLiteral("-as-set.json")), tr("Scenarios (*.json)"));
        if (file.isEmpty()) return;
        const QString problem = save_scenario(file);
        stopped_->setText(problem.isEmpty() ? tr("Wrote %1 with what is set now.").arg(file) : problem);
      }});
  add(menu, {"save-counterexample", tr("&Save counterexample…"), tr("Writes the run in focus so that it can be replayed; a branch with the scenario that it is of"), {QKeySequence::Save}, [this, name] {
        if (!can_save_counterexample()) return stopped_->setText(tr("Only runs of Check, branches and what was shrunk can be saved. A timed run is its scenario and seed: save the scenario as set."));
        const QString file = QFileDialog::getSaveFileName(this, tr("Save counterexample"), name(QStringLiteral(".counterexample")), tr("Counterexamples (*.counterexample)"));
        if (file.isEmpty()) return;
        const KeptLog kept = keep_counterexample(file);
        if (!kept.problem.empty()) return stopped_->setText(text_of(kept.problem));
        const QString beside = kept.scenario.empty() ? QString() : tr(" and %1").arg(QFileInfo(QString::fromStdString(kept.scenario)).fileName());
        stopped_->setText(tr("Wrote %1%2. Replay it with: flowtank replay %1").arg(file, beside));
      }});
}

}  // namespace flowtank::gui
