// SPDX-License-Identifier: Apache-2.0
// Where the scenario of a decision log or a campaign file is: as it was named there, else beside the file, so that both can be
// moved to another place together.
#pragma once

#include <filesystem>
#include <string>

namespace flowtank::cli {

inline std::string scenario_of_log(const std::string& named, const std::string& log_file) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::exists(named, ignored)) return named;
  const fs::path beside = fs::path(log_file).parent_path() / fs::path(named).filename();
  return fs::exists(beside, ignored) ? beside.string() : named;
}

}  // namespace flowtank::cli
