// SPDX-License-Identifier: Apache-2.0
// The executable asks the system where it is: /proc where it is mounted, else the name by which the kernel started it (a
// bare chroot). Without an answer only FLOWTANK_MODELS is left.
#include "cli/installation.hpp"

#include <sys/auxv.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include <models/brokers/registry.hpp>
#include <sim/run/decision_log.hpp>

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

constexpr bool shared_libraries = FLOWTANK_SHARED != 0;

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

fs::path this_program() {
  std::error_code problem;
  const fs::path self = fs::read_symlink("/proc/self/exe", problem);
  if (!problem) return self;
  const auto* started_as = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return started_as == nullptr ? fs::path() : fs::canonical(started_as, problem);
}

}  // namespace

std::string_view version() { return FLOWTANK_VERSION; }

std::string compiler_text() { return compiler() + ", " FLOWTANK_BUILD_TYPE; }

std::string version_text(bool json) {
  if (!json) return "flowtank " + std::string(version()) + "\n";
  nlohmann::ordered_json text;
  text["name"] = "flowtank";
  text["version"] = version();
  text["compiler"] = compiler();
  text["build_type"] = FLOWTANK_BUILD_TYPE;
  text["sanitizers"] = FLOWTANK_SANITIZERS;
  text["shared_libraries"] = shared_libraries;
  text["brokers"] = nlohmann::ordered_json::array();
  for (const BrokerKind& kind : shipped_brokers()) text["brokers"].push_back(kind.name);
  text["formats"]["scenario"] = 1;
  text["formats"]["decision_log"] = decision_log_version;
  return text.dump(2) + "\n";
}

void add_installed_models(std::vector<std::string>& folders) {
  if (const char* listed = std::getenv("FLOWTANK_MODELS")) {
    std::istringstream parts{std::string(listed)};
    for (std::string folder; std::getline(parts, folder, ':');) {
      if (!folder.empty()) folders.push_back(folder);
    }
  }
  std::error_code problem;
  const fs::path self = this_program();
  if (self.empty()) return;
  const fs::path models = (self.parent_path() / FLOWTANK_DATA_FROM_PROGRAM / "models" / "services").lexically_normal();
  if (fs::is_directory(models, problem)) folders.push_back(models.string());
}

}  // namespace flowtank::cli
