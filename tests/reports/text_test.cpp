// SPDX-License-Identifier: Apache-2.0
// Text on a page: no name can move a cursor, widths count characters, diagnostics point at the right ones.
#include <catch2/catch.hpp>

#include <reports/diagnostics_text.hpp>
#include <reports/text.hpp>

namespace flowtank::reports {
namespace {

TEST_CASE("text.control_characters_never_reach_a_terminal") {
  CHECK(printable("a\x1b[31mb\n\tc\x7f") == "a\\x1b[31mb\\n\\tc\\x7f");
  CHECK(printable("h\xc3\xa9llo \xe2\x89\xa4") == "h\xc3\xa9llo \xe2\x89\xa4");
  CHECK(printable("\xe2\x80\xae") == "\\u202e");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc0\x80\xed\xa0\x80") == "\\xc0\\x80\\xed\\xa0\\x80");
  CHECK(printable("\xc3\xa9", true) == "\\u00e9");
}

TEST_CASE("text.widths_count_characters") {
  CHECK(width_of("\xe2\x89\xa4 1") == 3);
  CHECK(width_of(Paint(true).fail("abc")) == 3);
  CHECK(padded("\xc3\xa9", 3) == "\xc3\xa9  ");
  CHECK(shortened("abcdef", 4, "...") == "a...");
  CHECK(shortened("abc", 4, "...") == "abc");
}

TEST_CASE("text.wrapping_loses_nothing") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("abcdefgh ij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(wrapped("", 4) == std::vector<std::string>{""});
}

TEST_CASE("text.numbers_and_words") {
  CHECK(thousands(0) == "0");
  CHECK(thousands(1234567) == "1,234,567");
  CHECK(counted(1, "order") == "1 order");
  CHECK(counted(1200, "order") == "1,200 orders");
  CHECK(wall_time(0.0019) == "1.9 ms");
  CHECK(wall_time(200) == "3 min 20 s");
  CHECK(shell_word("a.b=c") == "a.b=c");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("it's \x1b[1m \xe2\x80\xae \\") == "$'it\\'s \\x1b[1m \\xe2\\x80\\xae \\\\'");
  CHECK(shell_word("\xc3\xa9 t") == "'\xc3\xa9 t'");
  CHECK(printable_lines("a\x1b\nb\xc2\x9b\n") == "a\\x1b\nb\\x9b\n");
  CHECK(ascii_signs("✔ a · b ≤ …") == "ok a, b <= ...");
}

Diagnostic sample() {
  Diagnostic d;
  d.code = "FT-KEY-001";
  d.file = "broken.json";
  d.range = {12, 17, 11};
  d.pointer = "/brokers/bus/topics/payments/partitons";
  d.message = "unknown key \"partitons\" in a Kafka topic";
  d.hint = "Did you mean \"partitions\"?";
  return d;
}

TEST_CASE("diagnostics_text.points_at_the_very_characters") {
  const SourceLine source = [](const std::string&, std::uint32_t) { return "    \"payments\": { \"partitons\": 3 }"; };
  CHECK(to_text(sample(), source, {}) ==
        "broken.json:12:17: error: unknown key \"partitons\" in a Kafka topic [FT-KEY-001]\n"
        "   12 |     \"payments\": { \"partitons\": 3 }\n"
        "      |                 ^~~~~~~~~~~\n"
        "        at /brokers/bus/topics/payments/partitons\n"
        "        Did you mean \"partitions\"?\n");
}

TEST_CASE("diagnostics_text.long_lines_are_cut_around_the_caret") {
  Diagnostic d = sample();
  d.range = {1, 5000, 3};
  const SourceLine source = [](const std::string&, std::uint32_t) { return std::string(4999, ' ') + "bad" + std::string(9000, '\xc3'); };
  const std::string text = to_text(d, source, {});
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    CHECK(width_of(text.substr(begin, end - begin)) <= 100);
  }
  CHECK(text.find("bad") != std::string::npos);
  CHECK(text.find("^~~") != std::string::npos);
}

TEST_CASE("diagnostics_text.counts_errors_and_warnings") {
  Diagnostics diagnostics;
  diagnostics.add(sample());
  CHECK(count_text(diagnostics) == "1 error");
  Diagnostic warning = sample();
  warning.severity = Severity::warning;
  diagnostics.add(warning);
  CHECK(count_text(diagnostics) == "1 error, 1 warning");
}

}  // namespace
}  // namespace flowtank::reports
