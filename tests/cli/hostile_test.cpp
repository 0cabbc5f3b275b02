// SPDX-License-Identifier: Apache-2.0
// Names, keys, payloads and file names that would move the cursor, colour the terminal or turn the direction of
// writing: every command that prints is run over them, and no byte that it writes may act on a terminal. The judge here decodes
// UTF-8 by itself, so that it does not share a mistake with what it judges.
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

// ESC sequences, BEL, CR, DEL, C1 (CSI, NEL), bidi override and isolate, no width, line separators, byte order mark.
const std::string acting = "\x1b[31mX\x07\r\x7f\xc2\x9b\x32J\xc2\x85\xe2\x80\xae" "A\xe2\x81\xa6\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf\x1b]0;t\x07";
// The same as escapes of JSON, and as raw characters where JSON allows them.
const std::string escaped = R"(\u001b[31mX\u0007\r\u007f\u009b2J\u0085\u202eA\u2066\u200b\u2028\ufeff\u001b]0;t\u0007)";
const std::string raw = "\\u001b[31mX\\u0007\\r\x7f\xc2\x9b\x32J\xc2\x85\xe2\x80\xae" "A\xe2\x81\xa6\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf\\u001b]0;t\\u0007";

// The first place of a text that a terminal might obey, or nothing.
std::optional<std::string> acts(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned first = byte(at);
    const std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    unsigned code = length == 1 ? first : first & (0x7fU >> length);
    bool good = length != 0;
    for (std::size_t i = 1; i < length; ++i) {
      good = good && (byte(at + i) & 0xc0U) == 0x80;
      code = code << 6 | (byte(at + i) & 0x3fU);
    }
    const bool control = (code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
                         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
    if (!good || control) {
      std::string hex;
      for (std::size_t i = at; i < std::min(at + 8, text.size()); ++i) hex += fmt::format("{:02x} ", byte(i));
      const std::size_t line = text.rfind('\n', at) + 1;
      return fmt::format("{} after \"{}\"", hex, text.substr(line, at - line));
    }
    at += length;
  }
  return std::nullopt;
}

// Runs a command and looks at both streams; gives what it printed.
std::string tame(const Folder& here, const std::string& arguments, std::optional<int> exit = std::nullopt) {
  const Ran ran = flowtank(here, arguments);
  INFO(arguments);
  CHECK(ran.exit == exit.value_or(ran.exit));
  CHECK(acts(ran.out).value_or("") == "");
  CHECK(acts(ran.err).value_or("") == "");
  return ran.out + ran.err;
}

// A shop whose names, keys and payloads are hostile; the payment has no inbox and gets a duplicate.
std::string shop(const std::string& h) {
  return R"({ "flowtank": 1, "title": "T)" + h + R"(", "claim": "C)" + h + R"(",
  "brokers": { "b)" + h + R"(": { "kind": "ideal", "channels": { "orders": {}, "payments": {} } } },
  "services": { "order": { "use": "order", "with": { "publish": "outbox" } }, "payment": { "use": "payment", "with": { "publish": "outbox", "consume": "naive" } } },
  "clients": { "c)" + h + R"(": { "sends": "PlaceOrder", "to": "order", "count": 3, "data": { "order_id": "='''k)" + h + R"j(''' + string(n)", "amount_cents": "=100 + n" } } },
  "faults": [ { "name": "f)j" + h + R"(", "kind": "duplicate", "on": { "channel": "orders", "consumer": "payment" }, "budget": 1, "nth": 2 } ],
  "properties": [ { "name": "p)" + h + R"(", "for": "c in payment.charges", "always": "c.times <= 1" },
                  { "name": "q)" + h + R"(", "for": "o in order.orders", "at_quiescence": "o.status == 'paid'" } ],
  "check": { "clients": { "c)" + h + R"(": 1 } } })";
}

TEST_CASE("hostile.the_judge_sees_what_acts_on_a_terminal") {
  CHECK_FALSE(acts("a plain line, \xc3\xa9 \xe2\x9c\x94 \xf0\x9f\x98\x80\n"));
  for (const char* text : {"\x1b[2J", "\x07", "\r", "\t\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa9", "\xff", "\xc0\x9b", "\xe2\x80"}) CHECK(acts(text));
}

TEST_CASE("hostile.no_command_obeys_the_names_of_a_scenario") {
  for (const std::string& h : {escaped, raw}) {
    const Folder here;
    const std::string text = shop(h);
    put(here / "shop.json", text);
    tame(here, "lint shop.json --notes", 0);
    for (const char* format : {"dot", "mermaid", "json"}) tame(here, fmt::format("graph shop.json --level tables --format {}", format), 0);
    const std::string ran = tame(here, "run shop.json --trace run.ftrace --trace-level full --save .", 1);
    CHECK(has(ran, "\\x1b"));  // it is shown, harmless
    CHECK(has(ran, "\\u202e"));
    tame(here, "check shop.json --trace check.ftrace --save .", 1);
    tame(here, "check shop.json --ascii --no-save", 1);
    tame(here, "replay shop.run.counterexample", 1);
    tame(here, "replay shop.check.counterexample --trace replay.ftrace", 1);
    tame(here, "run shop.json --no-save --verify-determinism", 0);
    tame(here, "run shop.json --no-save --sweep services.payment.with.consume=naive,inbox");
    tame(here, "run shop.json --no-save --brokers all");
    tame(here, "check shop.json --no-save --strategy random --runs 20");
    CHECK(has(tame(here, "shrink shop.json shop.run.counterexample"), "\\x1b"));
    CHECK(has(tame(here, "idempotency shop.json --no-save"), "\\x1b"));
    tame(here, "commute shop.json --no-save");
    for (const char* file : {"run.ftrace", "check.ftrace", "replay.ftrace"}) {
      for (const char* question : {"", "--list", "--list --json", "--json", "--past 9", "--future 2 --json", "--state payment.charges", "--verify", "--past nothing"}) {
        const int exit = std::string_view(question) == "--past nothing" ? 2 : 0;
        tame(here, fmt::format("trace {} {}", file, question), exit);
      }
    }
    tame(here, "trace run.ftrace --state all", 0);
    tame(here, "trace run.ftrace --state all --json", 0);
    tame(here, "trace run.ftrace --against replay.ftrace", 2);
    for (const char* format : {"otlp", "zipkin", "jaeger", "perfetto", "cloudevents", "mermaid", "plantuml"}) {
      tame(here, std::string("export run.ftrace --format ") + format, 0);
    }
    tame(here, "diff run.ftrace replay.ftrace");
    tame(here, "check shop.json --no-save --quiet --report github=-", 1);
    tame(here, "check shop.json --no-save --quiet --report sarif=-", 1);
    const std::string key = "$'k" + std::string("\\x1b[31mX\\x07\\r\\x7f\\xc2\\x9b2J\\xc2\\x85\\xe2\\x80\\xaeA\\xe2\\x81\\xa6\\xe2\\x80\\x8b\\xe2\\x80\\xa8\\xef\\xbb\\xbf\\x1b]0;t\\x07") + "1'";
    put(here / "history.sh", "exec \"$1\" trace run.ftrace --history payment.charges --key " + key + "\n");
    CHECK(std::system(("cd '" + here.path().string() + "' && bash history.sh '" FLOWTANK_PROGRAM "' > history.txt 2>&1").c_str()) == 0);
    CHECK(acts(content(here / "history.txt")).value_or("") == "");
    // A payload that no expression can make sense of, and an unknown name, with the quoted source line.
    const std::string broken = "{ \"flowtank\": 1, \"title\": \"T" + h + "\", \"serivces\": {}, \"x" + h + "\": \"=" + h + "\" }";
    put(here / "broken.json", broken);
    for (const char* command : {"run", "check", "lint", "graph"}) CHECK(has(tame(here, fmt::format("{} broken.json", command), 2), "serivces"));
    put(here / "expression.json", text.substr(0, text.find("c.times <= 1")) + "c.times <= 1 && nothing" + text.substr(text.find("c.times <= 1") + 12));
    tame(here, "run expression.json", 2);
  }
}

TEST_CASE("hostile.bytes_that_are_no_text_are_quoted_as_numbers") {
  const Folder here;
  const std::string bytes = "\xff\xfe\x9b\x32J\x1b[31m\xe2\x80";
  put(here / "bytes.json", "{ \"flowtank\": 1, \"title\": \"" + bytes + "\" }");
  put(here / "bytes.txt", bytes);
  for (const char* command : {"run", "check", "lint", "graph"}) CHECK(has(tame(here, fmt::format("{} bytes.json", command), 2), "\\xff"));
  for (const char* command : {"replay", "trace", "conform", "eval --vectors"}) tame(here, fmt::format("{} bytes.txt", command), 2);
}

TEST_CASE("hostile.no_argument_is_obeyed") {
  const Folder here;
  put(here / "shop.json", shop("x"));
  const std::string h = "\"$(printf 'a\\033[31m\\007\\302\\2332J\\342\\200\\256\\377')\"";
  for (const char* command : {"run", "check", "replay", "lint", "graph", "trace", "conform", "completions", "manual", "explain", "explain fault", "explain broker",
                              "explain property", "run shop.json --set", "run shop.json --seed", "run shop.json --horizon", "check shop.json --memory",
                              "run shop.json --report", "graph shop.json --format", "run shop.json --", "eval --vectors", "eval --with", ""}) {
    tame(here, fmt::format("{} {}", command, h), 2);
  }
  tame(here, "eval " + h, 2);
  tame(here, "run shop.json --models " + h + " --no-save", 1);
}

TEST_CASE("hostile.values_are_printed_as_literals") {
  const Folder here;
  for (const char* expression : {R"("a\u202eb\u009b\x1b[2J\r\u200b")", R"(b"\xff\x1b")", R"({"\u202e": ["\x9b"]})", R"(type("\u202e"))"}) {
    const std::string said = tame(here, fmt::format("eval '{}'", expression), 0);
    CHECK((has(said, "\\x") || has(said, "\\u202e") || has(said, "string")));
  }
  // What is printed is the same value.
  const Ran first = flowtank(here, R"(eval '"a\u202eb\u009b\x1b[2J\r\u200b"')");
  put(here / "again", first.out);
  CHECK(flowtank(here, "eval \"$(cat again)\"").out == first.out);
  tame(here, R"(eval --with '{"x": "\u202e\u009b\u001b"}' 'x')", 0);
  tame(here, R"(eval --with '{"x": "\u202e\u009b\u001b"}' 'int(x)')", 1);
  tame(here, "eval --with '\"\xe2\x80\xae\"' 'x'", 2);
  put(here / "vectors.json", R"([{"section": "\u001b\u202e", "name": "\u009b", "expr": "'\u202e\u001b'", "value": {"string": "\u009b"}}, {"expr": "\u202e\u001b[2J"}, {"\u202e": 1}])");
  tame(here, "eval --vectors vectors.json", 1);
}

TEST_CASE("hostile.vectors_of_brokers_are_inert") {
  const Folder here;
  const std::string h = R"(\u001b[31m\u009b2J\u202e\u2066\u200b)";
  const auto vector = [&](const std::string& setup, const std::string& step) {
    return R"({ "format": "broker-vector/1", "id": "i)" + h + R"(", "broker": "kafka", "version": ")" + h + R"(", "name": "n)" + h + R"(", "rules": [],
      "setup": [ {"op": "topic.create", "topic": "t)" + h + R"(", "partitions": 1, "replication_factor": 1}, {"op": "producer", "producer": "p", "config": {)" + setup + R"(}} ],
      "steps": [ {"n": 1, )" + step + R"( } ], "observed": [ {"step": 1, "ev": "e)" + h + R"(", "x": ")" + h + R"("} ] })";
  };
  put(here / "other.json", vector("", R"("op": "o)" + h + "\""));
  put(here / "option.json", vector("\"" + h + "\": \"" + h + "\"", R"("op": "flush", "producer": "p", "timeout_ms": 5000)"));
  put(here / "differs.json", vector("", R"("op": "produce", "producer": "p", "topic": "t)" + h + R"(", "partition": 0, "value": "v)" + h + "\""));
  put(here / "broken.json", R"({ "format": "broker-vector/1", ")" + h + R"(": ")" + h + R"(" })");
  std::string said;
  for (const char* file : {"other.json", "option.json", "differs.json", "broken.json"}) {
    const Ran ran = flowtank(here, fmt::format("conform {}", file));
    CHECK(acts(ran.out).value_or("") == "");
    CHECK(acts(ran.err).value_or("") == "");
    said += ran.out + ran.err;
  }
  INFO(said);
  CHECK(has(said, "i\\x1b[31m\\x9b2J\\u202e"));
  CHECK(has(said, "differs"));
}

// The command that a report tells to type is made of the file's name.
TEST_CASE("hostile.file_names_can_be_typed_but_not_obeyed") {
  const Folder here;
  const std::string name = "shop " + acting + "'s.json";
  put(here / name, shop("x"));
  put(here / "try.sh", "for f in *.json; do \"$1\" check \"$f\" --save . ; done > out.txt 2>&1\n"
                       "command=$(sed -n \"s/^ *Replay *flowtank //p\" out.txt | head -1)\n"
                       "eval \"'$1' $command\" > again.txt 2>&1; echo $? > code.txt\n");
  CHECK(std::system(("cd '" + here.path().string() + "' && bash try.sh '" FLOWTANK_PROGRAM "'").c_str()) == 0);
  INFO(content(here / "out.txt") << content(here / "again.txt"));
  CHECK(acts(content(here / "out.txt")).value_or("") == "");
  CHECK(acts(content(here / "again.txt")).value_or("") == "");
  CHECK(content(here / "code.txt") == "1\n");
}

}  // namespace
}  // namespace flowtank
