// SPDX-License-Identifier: Apache-2.0
// The loader against the corpus in data/: good files load without an error, all others give errors and no
// scenario. schema_agrees.py holds the JSON Schemas to the same files. And no damaged file crashes it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/scenario/scenario.hpp"

using namespace flowtank;

namespace {

const std::string root = FLOWTANK_SOURCE_DIR;
const std::string data = root + "/tests/scenario/data/";

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string told(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.all()) {
    out += d.file + ":" + std::to_string(d.range.line) + ":" + std::to_string(d.range.column) + " " + d.code + " " + d.message + "\n";
  }
  return out;
}

LoadOptions options() {
  LoadOptions out;
  out.model_path = {root + "/models/services"};
  return out;
}

}  // namespace

TEST_CASE("corpus.good_files_load") {
  for (const std::string& path : files_in(data + "good")) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario(path, options(), diagnostics);
    INFO(path << "\n" << told(diagnostics));
    CHECK(scenario);
    CHECK(diagnostics.all().empty());
  }
}

TEST_CASE("corpus.shipped_scenarios_load_for_every_purpose") {
  for (const std::string& path : files_in(root + "/scenarios")) {
    for (const LoadPurpose purpose : {LoadPurpose::run, LoadPurpose::check}) {
      Diagnostics diagnostics;
      LoadOptions chosen;  // models are found beside the scenarios
      chosen.purpose = purpose;
      const auto scenario = load_scenario(path, chosen, diagnostics);
      INFO(path << "\n" << told(diagnostics));
      REQUIRE(scenario);
      CHECK_FALSE(scenario->title.empty());
      CHECK_FALSE(scenario->claim.empty());
      CHECK_FALSE(scenario->expectations.empty());
    }
  }
}

TEST_CASE("corpus.other_files_give_errors_with_a_place_and_no_scenario") {
  for (const char* folder : {"bad", "broken", "meaning"}) {
    const auto files = files_in(data + folder);
    CHECK(files.size() >= 7);
    for (const std::string& path : files) {
      Diagnostics diagnostics;
      const auto scenario = load_scenario(path, options(), diagnostics);
      INFO(path << "\n" << told(diagnostics));
      CHECK_FALSE(scenario);
      REQUIRE(diagnostics.errors() > 0);
      for (const Diagnostic& d : diagnostics.all()) {
        CHECK(d.range.line > 0);
        CHECK(d.range.column > 0);
        CHECK(d.range.length > 0);
      }
    }
  }
}

TEST_CASE("corpus.models_of_a_wrong_shape_give_errors") {
  for (const std::string& path : files_in(data + "models-bad")) {
    const std::map<std::string, std::string> files{
        {"s.json", R"json({ "flowtank": 1, "title": "t", "services": { "a": { "use": "m.json" } } })json"}, {"m.json", text_of(path)}};
    LoadOptions chosen;
    chosen.files = &files;
    Diagnostics diagnostics;
    INFO(path);
    CHECK_FALSE(load_scenario("s.json", chosen, diagnostics));
    CHECK(diagnostics.errors() > 0);
  }
}

namespace {

// Loads every variant of `text` in place of the file `path` of `files`.
void load_damaged(std::map<std::string, std::string> files, const std::string& path, const std::string& text) {
  files[path] = text;
  LoadOptions chosen;
  chosen.files = &files;
  Diagnostics diagnostics;
  const auto scenario = load_scenario("s.json", chosen, diagnostics);
  CHECK(scenario.has_value() == (diagnostics.errors() == 0));
}

}  // namespace

TEST_CASE("corpus.damaged_files_never_crash_the_loader") {
  std::map<std::string, std::string> files{{"s.json", text_of(data + "good/everything.json")}};
  for (const char* model : {"order", "payment", "readmodel"}) {
    files[std::string(model) + ".json"] = text_of(root + "/models/services/" + model + ".json");
  }
  // Deterministic damage: swap a value, drop a piece, double a piece, at places spread over the file.
  const std::vector<std::string> values{"null", "-1", "1e308", "\"=\"", "\"\"", "[]", "{}", "true", "\"=options.x\"", "\"=(((((\"", "9223372036854775807"};
  std::uint64_t state = 1;
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state >> 33) % below);
  };
  for (const char* path : {"s.json", "order.json", "payment.json"}) {
    const std::string good = files[path];
    for (int i = 0; i < 120; ++i) {
      std::string text = good;
      const std::size_t at = next(good.size());
      // A whole value after a colon or comma, so that most results are still JSON.
      const std::size_t begin = text.find_first_of(":,", at);
      const std::size_t end = begin == std::string::npos ? begin : text.find_first_of(",}]", begin + 1);
      if (i % 3 != 0 && end != std::string::npos) {
        text.replace(begin + 1, end - begin - 1, " " + values[next(values.size())]);
      } else if (i % 2 == 0) {
        text.erase(at, next(40) + 1);
      } else {
        text.insert(at, text.substr(next(good.size()), next(40)));
      }
      load_damaged(files, path, text);
    }
  }
}
