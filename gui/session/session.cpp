// SPDX-License-Identifier: Apache-2.0
// See session.hpp. Progress is thinned out to thirty times a second where it is made, so that a fast job cannot flood
// the event queue.
#include "gui/session/session.hpp"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>
#include <utility>

#include <reports/text.hpp>

namespace flowtank::gui {

Session::Session(std::vector<std::string> model_path, QObject* parent) : QObject(parent), model_path_(std::move(model_path)) {
  settle_.setSingleShot(true);
  settle_.setInterval(150);
  connect(&settle_, &QTimer::timeout, this, &Session::look_again);
  const auto soon = [this] { settle_.start(); };
  connect(&watcher_, &QFileSystemWatcher::fileChanged, this, soon);
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, this, soon);
}

Session::~Session() {
  next_.reset();
  cancel_.store(true);
  if (thread_ == nullptr) return;
  thread_->disconnect(this);
  thread_->wait();
  last_told_.fetch_add(0);  // after the job's own: all that it did is seen here, however Qt waits
  delete thread_;
}

void Session::open(const QString& file, JobRequest how) {
  file_ = QFileInfo(file).absoluteFilePath();
  kind_ = kind_of_file(file_.toStdString());
  ++file_number_;
  watch();
  how.file = file_.toStdString();
  start(std::move(how));
}

void Session::ask(JobRequest request) {
  if (file_.isEmpty()) return;
  request.file = file_.toStdString();
  start(std::move(request));
}

void Session::run(std::optional<std::uint64_t> seed, std::vector<std::string> overrides) {
  JobRequest request;
  request.seed = seed;
  request.overrides = std::move(overrides);
  ask(std::move(request));
}

void Session::check(std::vector<std::string> overrides) {
  if (!is_scenario()) return;
  JobRequest request;
  request.kind = JobKind::check;
  request.overrides = std::move(overrides);
  ask(std::move(request));
}

void Session::cancel() {
  next_.reset();
  cancel_.store(true);
}

void Session::start(JobRequest request) {
  request.model_path = model_path_;
  request.folder = folder_.path().toStdString();
  request.number = ++number_;
  request.most_actions = most_actions_;
  request.most_seconds = most_seconds_;
  if (request.kind != JobKind::report && request.kind != JobKind::shrink) last_ = request;
  if (thread_ != nullptr) {
    cancel_.store(true);
    next_ = std::move(request);
    return;
  }
  cancel_.store(false);
  last_told_.store(0);
  clock_.start();
  const std::uint64_t of_file = file_number_;
  // What the job wrote is seen by whoever saw the flag, whatever queue the news came through.
  struct Handed {
    JobResult result;
    std::atomic<bool> ready = false;
    std::shared_ptr<const Outline> outline;
    std::atomic<bool> has_outline = false;
    QMetaObject::Connection news;
  };
  auto handed = std::make_shared<Handed>();
  // Progress comes through the queue of this thread; an outline lies ready when it does.
  handed->news = connect(this, &Session::progress, this, [this, handed] {
    if (thread_ == nullptr || outline_ != nullptr || !handed->has_outline.load(std::memory_order_acquire)) return;
    outline_ = handed->outline;
    Q_EMIT outline_changed();
  });
  thread_ = QThread::create([this, request = std::move(request), handed] {
    JobHooks all = hooks();
    all.outline = [this, handed](std::shared_ptr<const Outline> outline) {
      if (handed->has_outline.load()) return;  // the first one that is made
      handed->outline = std::move(outline);
      handed->has_outline.store(true, std::memory_order_release);
      Q_EMIT progress(0, QStringLiteral("looking through the trace"));
    };
    handed->result = run_job(request, all);
    handed->ready.store(true, std::memory_order_release);
    last_told_.fetch_add(0);  // its last act
  });
  connect(thread_, &QThread::finished, this, [this, handed, of_file] {
    const bool ready = handed->ready.load(std::memory_order_acquire);
    disconnect(handed->news);
    thread_->deleteLater();
    thread_ = nullptr;
    if (next_) {
      outline_.reset();
      JobRequest next = std::move(*next_);
      next_.reset();
      return start(std::move(next));
    }
    outline_.reset();
    if (ready && of_file == file_number_) take(std::move(handed->result));
    Q_EMIT outline_changed();
    Q_EMIT busy_changed();
  });
  thread_->start();
  Q_EMIT busy_changed();
}

JobHooks Session::hooks() {
  JobHooks hooks;
  hooks.cancelled = &cancel_;
  hooks.seconds = [this] { return static_cast<double>(clock_.elapsed()) / 1000.0; };
  hooks.progress = [this](double part, const std::string& words) {
    const qint64 now = clock_.elapsed() + 1;
    const qint64 before = last_told_.load();
    if (before != 0 && now - before < 33) return;
    last_told_.store(now);
    Q_EMIT progress(part, QString::fromStdString(words));
  };
  return hooks;
}

void Session::take(JobResult result) {
  if (result.cancelled && result.snapshot == nullptr) {
    Q_EMIT cancelled();
    return;
  }
  if (result.aside) {
    const auto& all = result.diagnostics.all();
    const auto error = std::find_if(all.begin(), all.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
    const std::string words = error == all.end() ? result.said : reports::printable(reports::with_capital(error->message) + (error->hint.empty() ? "." : ". " + error->hint));
    Q_EMIT told(QString::fromStdString(words));
    return;
  }
  diagnostics_ = std::move(result.diagnostics);
  if (result.snapshot != nullptr) {
    const bool same = shown_file_number_ == file_number_;
    shown_file_number_ = file_number_;
    snapshot_ = std::move(result.snapshot);
    last_good_ = QDateTime::currentDateTime().toString(QStringLiteral("HH:mm:ss"));
    Q_EMIT diagnostics_changed();
    Q_EMIT snapshot_changed(same);
    return;
  }
  Q_EMIT diagnostics_changed();
}

void Session::watch() {
  if (!watcher_.files().isEmpty()) watcher_.removePaths(watcher_.files());
  if (!watcher_.directories().isEmpty()) watcher_.removePaths(watcher_.directories());
  stamp_ = stamp();
  if (file_.isEmpty() || kind_ != FileKind::scenario) return;
  watcher_.addPath(file_);
  watcher_.addPath(QFileInfo(file_).absolutePath());  // editors replace files
}

qint64 Session::stamp() const {
  const QFileInfo info(file_);
  return info.exists() ? info.lastModified().toMSecsSinceEpoch() ^ (info.size() << 20) : 0;
}

// A file that is away for a moment is waited for; what was last asked of one that is there again, or other
// than before, is done again: the run or the exploration, with its seed and options. A branch is of the old file: then it is run.
void Session::look_again() {
  if (file_.isEmpty()) return;
  const qint64 now = stamp();
  if (now == 0 || now == stamp_) return;
  stamp_ = now;
  if (!watcher_.files().contains(file_)) watcher_.addPath(file_);
  Q_EMIT file_changed_on_disk();
  if (last_.kind == JobKind::branch || (last_.kind == JobKind::nearest && last_.log != nullptr)) {
    last_.kind = JobKind::run;
    last_.log.reset();
  }
  start(last_);
}

}  // namespace flowtank::gui
