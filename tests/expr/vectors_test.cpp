// SPDX-License-Identifier: Apache-2.0
// The conformance vectors of CEL and our own, and that their judge can say no.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <cli/eval_vectors.hpp>

using namespace flowtank;

namespace {

std::string folder() { return std::string(FLOWTANK_SOURCE_DIR) + "/tests/expr/"; }

cli::VectorCounts run_file(const std::string& path) {
  cli::VectorCounts counts;
  std::ostringstream out;
  std::string error;
  const bool readable = cli::run_vector_file(path, out, counts, error);
  INFO(error << out.str());
  CHECK(readable);
  CHECK(counts.failed == 0);
  return counts;
}

// A file of vectors that lives as long as the object.
struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const std::string& text)
      : path((std::filesystem::temp_directory_path() / ("flowtank-vectors-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".json")).string()) {
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
};

}  // namespace

TEST_CASE("vectors.cel_conformance_passes") {
  std::size_t passed = 0, escapes = 0;
  for (const char* name : {"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "macros2",
                           "parse", "plumbing", "string", "timestamps"}) {
    SECTION(name) {
      const auto counts = run_file(folder() + "cel/" + name + ".json");
      CHECK(counts.passed > 0);
    }
    cli::VectorCounts counts;
    std::ostringstream out;
    std::string error;
    REQUIRE(cli::run_vector_file(folder() + "cel/" + name + ".json", out, counts, error));
    passed += counts.passed;
    escapes += counts.escapes;
  }
  CHECK(passed == 571);
  CHECK(escapes == 13);
}

TEST_CASE("vectors.our_reading_of_the_language_passes") { CHECK(run_file(folder() + "vectors/language.json").passed >= 590); }

TEST_CASE("vectors.the_judge_rejects_wrong_values") {
  const char* wrong[] = {
      R"([{"expr": "1 + 1", "value": {"int": "3"}}])",
      R"([{"expr": "1 + 1", "value": {"uint": "2"}}])",
      R"([{"expr": "1 + 1", "value": {"double": "2"}}])",
      R"([{"expr": "1 / 0", "value": {"int": "0"}}])",
      R"([{"expr": "1", "error": true}])",
      R"([{"expr": "1 +", "value": {"int": "1"}}])",
      R"([{"expr": "'a'", "value": {"bytes": [97]}}])",
      R"([{"expr": "[1]", "value": {"list": []}}])",
      R"([{"expr": "'\\u0101'", "value": {"string": "\\u0100"}}])",
      R"([{"expr": "1", "value": {"nonsense": 1}}])",
      R"([{"expr": 1}])",
      R"([7])",
  };
  for (const char* text : wrong) {
    const TemporaryFile file(text);
    std::ostringstream out, err;
    INFO(text);
    CHECK(cli::run_vectors({file.path}, out, err) == 1);
    CHECK(out.str().find("0 passed, 1 failed\n") != std::string::npos);
  }
}

TEST_CASE("vectors.unreadable_files_exit_2") {
  std::ostringstream out, err;
  CHECK(cli::run_vectors({"/nonexistent.json"}, out, err) == 2);
  CHECK(err.str() == "error: /nonexistent.json: cannot be read\n");
  const TemporaryFile broken("[{");
  CHECK(cli::run_vectors({broken.path}, out, err) == 2);
}
