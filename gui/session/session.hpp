// SPDX-License-Identifier: Apache-2.0
// One file that is open: starts jobs on a worker thread, one at a time, takes their snapshots, and watches the file on
// disk. Invariants: the thread that owns the Session never waits for a job; a job that fails or is cancelled leaves the
// last good snapshot as it was; destroying the Session cancels the job and waits for it.
#pragma once

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gui/session/jobs.hpp"

namespace flowtank::gui {

class Session final : public QObject {
  Q_OBJECT
 public:
  explicit Session(std::vector<std::string> model_path, QObject* parent = nullptr);
  ~Session() override;

  // Opens and, if it is a scenario, runs it, as `how` says (its file is filled in).
  void open(const QString& file, JobRequest how = {});
  QString file() const { return file_; }
  bool is_scenario() const { return !file_.isEmpty() && kind_ == FileKind::scenario; }
  // Is it of the file that is open? Another file's may still be shown while this one is loaded, or has errors; what was
  // set for that one (options, seed) is not meant for this.
  bool is_of_file(const Snapshot* snapshot) const { return snapshot != nullptr && snapshot->file == file_.toStdString(); }

  // Of the file that is open. A job that is under way is cancelled first.
  void run(std::optional<std::uint64_t> seed = std::nullopt, std::vector<std::string> overrides = {});
  void check(std::vector<std::string> overrides = {});
  // Of the jobs that are started from now on: actions of a run, seconds of an exploration.
  void set_limits(std::uint64_t most_actions, double most_seconds) { most_actions_ = most_actions, most_seconds_ = most_seconds; }
  // Anything else that is done with the scenario that is open; file, folders and numbers are filled in.
  void ask(JobRequest request);
  void cancel();
  bool busy() const { return thread_ != nullptr; }

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Of the last job, or of the file as it is now.
  const Diagnostics& diagnostics() const { return diagnostics_; }
  // Is what is shown older than the file on disk, since that has errors?
  bool shows_last_good() const { return snapshot_ != nullptr && !diagnostics_.ok(); }
  QString last_good_time() const { return last_good_; }
  const std::vector<std::string>& model_path() const { return model_path_; }
  // Of the trace that is being read; nullptr when none is.
  const std::shared_ptr<const Outline>& outline() const { return outline_; }

 Q_SIGNALS:
  void busy_changed();
  void progress(double part, const QString& words);  // part below 0: not known
  void snapshot_changed(bool of_same_file);
  void diagnostics_changed();
  void cancelled();
  // Of a job that shows nothing: what it did, or why not.
  void told(const QString& words);
  void file_changed_on_disk();
  void outline_changed();

 private:
  void start(JobRequest request);
  JobHooks hooks();
  void take(JobResult result);
  void watch();
  void look_again();
  qint64 stamp() const;

  std::vector<std::string> model_path_;
  QTemporaryDir folder_;
  QString file_;
  FileKind kind_ = FileKind::scenario;
  JobRequest last_;                  // the newest request: what is done again when the file changes
  std::optional<JobRequest> next_;   // when the job under way has ended
  std::uint64_t number_ = 0;
  std::uint64_t file_number_ = 0, shown_file_number_ = 0;
  QThread* thread_ = nullptr;
  std::atomic<bool> cancel_ = false;
  std::atomic<qint64> last_told_ = 0;
  QElapsedTimer clock_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const Outline> outline_;
  Diagnostics diagnostics_;
  QString last_good_;
  std::uint64_t most_actions_ = JobRequest{}.most_actions;
  double most_seconds_ = JobRequest{}.most_seconds;
  QFileSystemWatcher watcher_;
  qint64 stamp_ = 0;                  // of the file as it was last run
  QTimer settle_;                     // editors write in several steps
};

}  // namespace flowtank::gui
