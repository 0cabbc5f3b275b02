// SPDX-License-Identifier: Apache-2.0
// Scenarios drawn from a number, for comparing one way to check with another. Their services interact on purpose: a row that
// instances share, a transfer between two rows, a relay that polls, a retry without bound, a timer, a call, and faults at any step.
// Invariant: the texts are functions of the number alone, and small enough to be explored whole, mostly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <stdlib.h>

#include <sim/base/hash.hpp>

namespace flowtank::drawn {

class Draws {
 public:
  explicit Draws(std::uint64_t number) : state_(mix64(number + 0x9e3779b97f4a7c15ULL)) {}
  std::uint32_t below(std::uint32_t n) {
    state_ = mix64(state_ + 0x9e3779b97f4a7c15ULL);
    return static_cast<std::uint32_t>((state_ >> 32) % n);
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  std::string of(const std::vector<std::string>& all) { return all[below(static_cast<std::uint32_t>(all.size()))]; }

 private:
  std::uint64_t state_;
};

struct Texts {
  std::string front, back, scenario;
};

inline std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ",\n    ") + part;
  return all;
}

// Steps that change tables `rows` and `log` for the key expression `k`.
inline std::string change(Draws& d, const std::string& k) {
  const std::string isolation = d.of({"read_committed", "snapshot", "serializable"});
  const std::string open = R"~({"insert": "rows", "row": {"k": ")~" + k + R"~(", "n": 0}, "on_conflict": "ignore"})~";
  switch (d.below(6)) {
    case 0: return R"~({"let": {"seen": "=)~" + k.substr(1) + " in db.rows ? db.rows[" + k.substr(1) + R"~(].n : 0"}}, )~" + open +
                   R"~(, {"update": "rows", "key": ")~" + k + R"~(", "set": {"n": "=seen + 1"}})~";
    case 1: return R"~({"transaction": [)~" + open + R"~(, {"update": "rows", "key": ")~" + k + R"~(", "add": {"n": 1}}], "isolation": ")~" + isolation + R"~("})~";
    case 2:  // a transfer between two rows
      return R"~({"transaction": [{"insert": "rows", "row": {"k": "x", "n": 1}, "on_conflict": "ignore"}, {"insert": "rows", "row": {"k": "y", "n": 0}, "on_conflict": "ignore"},
      {"update": "rows", "key": "x", "if": "row.n > 0", "add": {"n": -1}}, {"update": "rows", "key": "y", "add": {"n": 1}}], "isolation": ")~" + isolation + R"~("})~";
    case 3: return R"~({"insert": "log", "row": {"k": ")~" + k + R"~("}, "on_conflict": "ignore"}, {"if": "size(db.log) > 1", "then": [)~" + open + "]}";
    case 4: return open;
    default: return R"~({"transaction": [{"let": {"have": "=)~" + k.substr(1) + R"~( in db.log"}}, {"if": "have", "then": [{"rollback": true}]}, {"insert": "log", "row": {"k": ")~" + k +
                    R"~("}, "on_conflict": "ignore"}, )~" + open + R"~(, {"update": "rows", "key": ")~" + k + R"~(", "add": {"n": 1}}], "isolation": ")~" + isolation + R"~("})~";
  }
}

inline std::string tables() {
  return R"~("tables": {"rows": {"key": "k", "columns": {"k": "string", "n": "int"}}, "log": {"key": "k", "columns": {"k": "string"}},
    "outbox": {"role": "outbox", "key": "id", "columns": {"id": "id", "event": "event"}}})~";
}

inline std::string publish(Draws& d, const std::string& event, const std::string& input) {
  const std::string confirm = d.one_in(4) ? R"~(, "confirm": false)~" : "";
  return R"~({"publish": ")~" + event + R"~(", "data": {"k": "=)~" + input + R"~(.data.k"})~" + confirm + "}";
}

// From here on numbers draw scenarios whose services are one frame each, mostly: runs that nobody meets, beside some that are met.
inline constexpr std::uint64_t lone_from = std::uint64_t{1} << 32;

inline Texts draw_texts(std::uint64_t number) {
  Draws d(number);
  Texts out;
  const bool lone = number >= lone_from && !d.one_in(8);
  const bool relay = d.one_in(lone ? 12 : 3), back_answers = d.one_in(2), waits = d.one_in(4), calls = d.one_in(5), timer = d.one_in(6), client_retries = d.one_in(4);
  const std::string shared = d.one_in(2) ? "=command.data.k" : "='all'";
  const std::string events = R"~("events": {"E": {"channel": "e", "key": "k", "fields": {"k": "string"}}, "F": {"channel": "f", "key": "k", "fields": {"k": "string"}}})~";

  std::vector<std::string> steps;
  if (d.one_in(3)) steps.push_back(R"~({"wait": 1})~");
  if (!d.one_in(3)) steps.push_back(change(d, shared));
  if (relay) steps.push_back(R"~({"outbox": "E", "data": {"k": "=command.data.k"}})~");
  else steps.push_back(publish(d, "E", "command"));
  if (d.one_in(4)) steps.push_back(R"~({"effect": "hit", "key": "=command.data.k"})~");
  if (calls) steps.push_back(R"~({"call": "Ask", "to": "back", "data": {"k": "=command.data.k"}, "timeout_ms": 100, "outcome": "how"})~");
  if (timer) steps.push_back(R"~({"timer": "later", "key": "=command.data.k", "after_ms": 10})~");
  if (d.one_in(4)) steps.push_back(change(d, shared));
  std::vector<std::string> handlers = {R"~("do": {"on": "Do", "steps": [)~" + joined(steps) + "]}"};
  if (back_answers) handlers.push_back(R"~("told": {"on": "F", "settle": ")~" + d.of({"after", "before"}) + R"~(", "steps": [)~" + change(d, "=event.data.k") + "]}");
  if (timer) handlers.push_back(R"~("later": {"on": "later", "steps": [)~" + change(d, "='late'") + "]}");
  out.front = R"~({"flowtank": 1, "name": "front", "commands": {"Do": {"key": "k", "fields": {"k": "string"}}, "Ask": {"key": "k", "fields": {"k": "string"}}},
  )~" + events + R"~(, "effects": {"hit": {}}, )~" + tables() + (timer ? R"~(, "timers": {"later": {"class": ")~" + d.of({"race", "slow"}) + R"~("}})~" : "") +
              R"~(, "handlers": {)~" + joined(handlers) + "}" +
              (relay ? R"~(, "pollers": {"relay": {"every_ms": 10, "while": "size(db.outbox) > 0", "steps": [{"let": {"waiting": "=rows(db.outbox)"}}, {"for": "one", "in": "waiting", "do": [
       {"publish": "=one.event"}, {"delete": "outbox", "key": "=one.id"}]}]}})~" : "") + "}\n";

  steps.clear();
  handlers.clear();
  const std::string settle = d.of({"after", "after", "before", "always"});
  const std::string other = d.one_in(2) ? "=event.data.k" : "='all'";
  if (waits) steps.push_back(R"~({"if": "!('k-1' in db.rows) && event.data.k != 'k-1'", "then": [{"fail": "not yet"}]})~");  // again and again
  if (d.one_in(3)) steps.push_back(R"~({"if": "event.id in db.log", "then": [{"ack": true}, {"stop": true}]})~");
  steps.push_back(change(d, other));
  if (d.one_in(3)) steps.push_back(R"~({"effect": "hit", "key": "=event.data.k"})~");
  if (back_answers) steps.push_back(publish(d, "F", "event"));
  if (waits) steps.push_back(R"~({"insert": "rows", "row": {"k": "=event.data.k", "n": 0}, "on_conflict": "ignore"})~");
  if (d.one_in(3)) steps.push_back(R"~({"insert": "log", "row": {"k": "=event.id"}, "on_conflict": "ignore"})~");
  handlers.push_back(R"~("take": {"on": "E", "settle": ")~" + settle + R"~(", "steps": [)~" + joined(steps) + "]}");
  if (calls) handlers.push_back(R"~("ask": {"on": "Ask", "steps": [)~" + change(d, "=command.data.k") + R"~(, {"reply": {"k": "=command.data.k"}}]})~");
  out.back = R"~({"flowtank": 1, "name": "back", "commands": {"Ask": {"key": "k", "fields": {"k": "string"}}}, )~" + events + R"~(, "effects": {"hit": {}}, )~" + tables() +
             R"~(, "handlers": {)~" + joined(handlers) + "}}\n";

  std::vector<std::string> kinds = {
      R"~("kind": "crash", "at": "any_step", "on": {"service": "front"})~", R"~("kind": "crash", "at": "any_step", "on": {"service": "back"})~", R"~("kind": "crash", "at": "any_step", "on": {})~",
      R"~("kind": "duplicate", "on": {"channel": "e"})~", R"~("kind": "loss", "on": {"channel": "e"})~", R"~("kind": "handler_error", "on": {"service": "back"})~",
      R"~("kind": "ambiguous_publish", "on": {"service": "front"})~", R"~("kind": "publish_loss", "on": {"event": "E"})~", R"~("kind": "abort", "on": {"service": "back"})~",
      R"~("kind": "call_loss", "on": {"service": "front"})~", R"~("kind": "reorder", "on": {"channel": "e"})~"};
  if (lone) kinds.push_back(R"~("kind": "wrong_key", "key": "null", "on": {"event": "E"})~");
  std::vector<std::string> faults;
  for (std::uint32_t f = 1 + d.below(2); f-- > 0;) faults.push_back(R"~({"name": "f)~" + std::to_string(f) + R"~(", )~" + d.of(kinds) + R"~(, "budget": )~" + (d.one_in(4) ? "2" : "1") + "}");
  const std::string many = std::to_string(1 + d.below(3)), some = std::to_string(d.below(3));
  std::vector<std::string> properties = {
      R"~({"name": "few", "for": "r in )~" + d.of({"front", "back"}) + R"~(.rows", "always": "r.n <= )~" + many + R"~("})~",
      R"~({"name": "no debt", "for": "r in front.rows", "always": "r.n >= 0"})~",
      R"~({"name": "hit once", "for": "e in effects.hit", "always": "e.count <= 1"})~",
      R"~({"name": "sum", "always": "sum(rows(back.rows).map(r, r.n)) <= )~" + many + R"~("})~",
      R"~({"name": "in step", "always": "size(front.rows) + )~" + some + R"~( >= size(back.rows)"})~",
      R"~({"name": "all come", "at_quiescence": "size(back.rows) >= 1"})~",
      R"~({"name": "agree", "at_quiescence": "size(front.log) + )~" + some + R"~( >= size(back.log)"})~"};
  if (lone && d.one_in(2)) properties.push_back(R"~({"name": "asked in turn", "always": "size(accepted.F) >= 1 || size(accepted.E) <= )~" + some + R"~("})~");
  if (lone && d.one_in(3)) properties.push_back(R"~({"name": "first come", "always": "!('k-2' in accepted.E) || 'k-1' in accepted.E"})~");
  out.scenario = R"~({"flowtank": 1, "title": "drawn", "brokers": {"bus": {"kind": ")~" +
                 (lone ? "ideal" : d.of({"ideal", "ideal", "ideal", "rabbitmq", "kafka", "sns_sqs", "nats_jetstream", "redis_streams"})) +
                 R"~(", ")~" + "%channels%" + R"~(": {"e": {})~" + (lone && d.one_in(3) ? R"~(}}, "side": {"kind": ")~" + d.of({"ideal", "rabbitmq"}) + R"~(", "channels": {)~" : ", ") + R"~("f": {}}}},
  "services": {"front": {"use": "front", "instances": )~" + std::to_string(1 + (lone ? (d.one_in(10) ? 1U : 0U) : d.below(2))) + R"~(}, "back": {"use": "back", "instances": )~" + std::to_string(1 + (d.one_in(lone ? 10 : 4) ? 1 : 0)) + R"~(}},
  "clients": {"users": {"sends": "Do", "to": "front", "count": )~" + std::to_string(1 + d.below(lone ? 3 : 2)) + R"~(, "data": {"k": "='k-' + string(n + 1)"})~" +
                 (client_retries ? R"~(, "retry": {"attempts": 2, "timeout_ms": 100})~" : "") + R"~(}},
  "faults": [)~" + joined(faults) + R"~(],
  "properties": [)~" + joined(properties) + R"~(],
  "run": {"seed": 1}})~" + "\n";
  const bool topics = out.scenario.find("\"kafka\"") != std::string::npos;
  const std::string name = topics ? "topics" : "channels";
  out.scenario.replace(out.scenario.find("%channels%"), 10, name);
  return out;
}

// The files of a drawn scenario, gone afterwards.
class Files {
 public:
  explicit Files(std::uint64_t number) {
    std::string name = (std::filesystem::temp_directory_path() / "flowtank-drawn-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    const Texts texts = draw_texts(number);
    std::ofstream(folder_ / "front.json") << texts.front;
    std::ofstream(folder_ / "back.json") << texts.back;
    std::ofstream(folder_ / "drawn.json") << texts.scenario;
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  std::string scenario() const { return (folder_ / "drawn.json").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace flowtank::drawn
