// SPDX-License-Identifier: Apache-2.0
// The list of diagnostics: everything that was found is told once and counted, and no file can fill memory with complaints.
#include <catch2/catch.hpp>

#include <string>

#include <sim/base/diagnostic.hpp>

namespace flowtank {
namespace {

Diagnostic complaint(Severity severity, std::string message, std::uint32_t line = 1) {
  Diagnostic d;
  d.severity = severity;
  d.code = "FT-TEST-001";
  d.file = "a.json";
  d.range = {line, 1, 1};
  d.message = std::move(message);
  return d;
}

TEST_CASE("diagnostic.the_same_complaint_counts_once") {
  Diagnostics diagnostics;
  for (int again = 0; again < 3; ++again) {
    diagnostics.add(complaint(Severity::error, "wrong"));
    diagnostics.add(complaint(Severity::warning, "odd"));
  }
  CHECK(diagnostics.errors() == 1);
  CHECK(diagnostics.warnings() == 1);
  CHECK(diagnostics.all().size() == 2);
  diagnostics.add(complaint(Severity::error, "wrong", 2));  // elsewhere
  CHECK(diagnostics.errors() == 2);
}

TEST_CASE("diagnostic.beyond_the_limit_is_counted_and_not_kept") {
  Diagnostics diagnostics(3);
  for (std::uint32_t line = 1; line <= 10; ++line) diagnostics.add(complaint(Severity::error, "wrong", line));
  CHECK(diagnostics.all().size() == 3);
  CHECK(diagnostics.errors() == 10);
  CHECK(diagnostics.suppressed() == 7);
  CHECK_FALSE(diagnostics.ok());
}

}  // namespace
}  // namespace flowtank
