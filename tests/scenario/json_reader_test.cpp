// SPDX-License-Identifier: Apache-2.0
// The reader of JSON: positions, limits, and every way in which a text can be broken.
#include <algorithm>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "sim/scenario/json_reader.hpp"

using namespace flowtank;

namespace {

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<JsonNode> root;

  explicit Read(std::string text, const ReadLimits& limits = {}) {
    sources.add("test.json", std::move(text));
    root = read_json(sources, 0, limits, diagnostics);
  }
  std::string code() const { return diagnostics.all().empty() ? "" : diagnostics.all()[0].code; }
  SourceRange where() const { return diagnostics.all().at(0).range; }
};

bool same(SourceRange a, SourceRange b) { return a.line == b.line && a.column == b.column && a.length == b.length; }

}  // namespace

TEST_CASE("json_reader.keys_and_values_know_their_place") {
  const Read read("{ // comment, with \"quotes\"\n  \"a\": 12, /* { */ \"bc\":\n [true, \"x\\\"y\", -1.5e3] }\n");
  REQUIRE(read.root);
  CHECK(read.diagnostics.ok());
  const JsonMember& a = read.root->members[0];
  CHECK(same(a.key_where, {2, 3, 3}));
  CHECK(same(a.value.where, {2, 8, 2}));
  CHECK(a.value.integer == 12);
  const JsonNode& list = read.root->members[1].value;
  CHECK(same(read.root->members[1].key_where, {2, 20, 4}));
  CHECK(same(list.where, {3, 2, 1}));
  CHECK(same(list.items[0].where, {3, 3, 4}));
  CHECK(same(list.items[1].where, {3, 9, 6}));
  CHECK(list.items[1].text == "x\"y");
  CHECK(same(list.items[2].where, {3, 17, 6}));
  CHECK(list.items[2].real == -1500);
}

TEST_CASE("json_reader.whole_numbers_stay_whole_to_the_ends_of_int64") {
  const Read read("[9223372036854775807, -9223372036854775808, 0, -0, 1.0, 1e2]");
  REQUIRE(read.root);
  CHECK(read.root->items[0].integer == 9223372036854775807);
  CHECK(read.root->items[1].integer == -9223372036854775807 - 1);
  CHECK(read.root->items[3].is(JsonKind::integer));
  CHECK(read.root->items[4].is(JsonKind::real));
  CHECK(read.root->items[5].is(JsonKind::real));
  for (const char* text : {"[9223372036854775808]", "[-9223372036854775809]", "[1, 123456789012345678901234567890]", "[1e999]"}) {
    const Read bad(text);
    CHECK(bad.code() == "FT-JSON-005");
  }
}

TEST_CASE("json_reader.broken_texts_are_diagnosed_where_they_break") {
  struct Case {
    const char* text;
    const char* code;
    SourceRange where;
  };
  const Case cases[] = {
      {"", "FT-JSON-001", {1, 1, 1}},
      {"{\"a\": ", "FT-JSON-001", {1, 7, 1}},
      {"{\"a\": \"abc", "FT-JSON-001", {1, 7, 1}},
      {"{\"a\": 1,\n}", "FT-JSON-004", {1, 8, 1}},
      {"[1, 2 // last\n , ]", "FT-JSON-004", {2, 2, 1}},
      {"{\"a\" 1}", "FT-JSON-002", {1, 6, 1}},
      {"[1 2]", "FT-JSON-002", {1, 4, 1}},
      {"[tru]", "FT-JSON-002", {1, 2, 3}},
      {"{} x", "FT-JSON-002", {1, 4, 1}},
      {"[\"a\xff\"]", "FT-JSON-003", {1, 4, 1}},
      {"{\"a\": 1,\n \"a\": 2}", "FT-JSON-006", {2, 2, 3}},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const Read read(c.text);
    REQUIRE(read.diagnostics.errors() == 1);
    CHECK(read.code() == c.code);
    CHECK(same(read.where(), c.where));
  }
}

TEST_CASE("json_reader.deep_nesting_is_a_diagnostic") {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += open;
    const Read read(text);
    CHECK_FALSE(read.root);
    CHECK(read.code() == "FT-RANGE-003");
  }
  ReadLimits limits;
  limits.depth = 3;
  CHECK(Read("[[[1]]]", limits).root);
  CHECK_FALSE(Read("[[[[]]]]", limits).root);
}

TEST_CASE("json_reader.limits_of_size_are_kept") {
  ReadLimits limits;
  limits.values = 4;
  CHECK(Read("[1, 2, 3]", limits).root);
  CHECK(Read("[1, 2, 3, 4]", limits).code() == "FT-RANGE-002");
  limits.file_bytes = 5;
  CHECK(Read("[1, 2]", limits).code() == "FT-RANGE-001");
  Diagnostics diagnostics;
  CHECK_FALSE(read_text_file(FLOWTANK_SOURCE_DIR "/LICENSE", limits, diagnostics));
  CHECK_FALSE(read_text_file(FLOWTANK_SOURCE_DIR, limits, diagnostics));
  CHECK_FALSE(read_text_file(FLOWTANK_SOURCE_DIR "/no-such-file", limits, diagnostics));
  REQUIRE(diagnostics.all().size() == 3);
  CHECK(diagnostics.all()[0].code == "FT-RANGE-001");
  CHECK(diagnostics.all()[1].code == "FT-FILE-001");
}

TEST_CASE("json_reader.a_place_in_a_decoded_string_leads_back_to_the_file") {
  const Read read("  [\"a\\n\\u00e4\\ud83d\\ude00bc\"]");
  REQUIRE(read.root);
  const JsonNode& text = read.root->items[0];
  CHECK(text.text == "a\n\xc3\xa4\xf0\x9f\x98\x80" "bc");
  CHECK(same(range_inside(read.sources, text, 0, 1), {1, 5, 1}));
  CHECK(same(range_inside(read.sources, text, 1, 1), {1, 6, 2}));
  CHECK(same(range_inside(read.sources, text, 2, 2), {1, 8, 6}));
  CHECK(same(range_inside(read.sources, text, 4, 4), {1, 14, 12}));
  CHECK(same(range_inside(read.sources, text, 8, 2), {1, 26, 2}));
  CHECK(range_inside(read.sources, text, 8, 100).length == 2);
}

TEST_CASE("json_reader.no_prefix_and_no_changed_byte_crashes") {
  const std::string good = "{ \"a\": [1, -2.5e3, true, null, \"x\\u00e4\\\"\"], // c\n /* d */ \"b\": { \"c\": [] } }";
  REQUIRE(Read(good).root);
  for (std::size_t i = 0; i < good.size(); ++i) {
    const Read cut(good.substr(0, i));
    CHECK_FALSE(cut.root);
    CHECK(cut.diagnostics.errors() == 1);
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[i] = static_cast<char>(byte);
      const Read read(changed);
      CHECK((read.root.has_value() || read.diagnostics.errors() > 0));
    }
  }
}
