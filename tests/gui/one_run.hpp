// SPDX-License-Identifier: Apache-2.0
// A scenario of the repository, run or checked for a test, without threads or windows.
#pragma once

#include <QTemporaryDir>

#include <atomic>
#include <memory>
#include <string>

#include "gui/session/jobs.hpp"
#include "gui/session/run_reader.hpp"
#include "gui/session/stage.hpp"

namespace flowtank::gui {

inline std::string scenario(const std::string& name) { return std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name; }

struct OneRun {
  QTemporaryDir folder;
  JobResult result;
  std::atomic<bool> cancelled = false;

  explicit OneRun(const std::string& file, JobKind kind = JobKind::run, std::vector<std::string> overrides = {}) : OneRun(file, request_of(kind, std::move(overrides))) {}
  OneRun(const std::string& file, JobRequest request) {
    request.file = file;
    request.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
    request.folder = folder.path().toStdString();
    JobHooks hooks;
    hooks.cancelled = &cancelled;
    result = run_job(request, hooks);
  }
  const Snapshot& snapshot() const { return *result.snapshot; }

 private:
  static JobRequest request_of(JobKind kind, std::vector<std::string> overrides) {
    JobRequest request;
    request.kind = kind;
    request.overrides = std::move(overrides);
    return request;
  }
};

}  // namespace flowtank::gui
