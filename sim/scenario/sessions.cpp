// SPDX-License-Identifier: Apache-2.0
// Scripts of sessions: "does": [ {"send": ...}, {"read": ...}, {"wait_ms": ...} ]. An answer that is given a name
// with "as" is a variable of later steps; the state keeps it only as long as some later step uses it.
#include <algorithm>

#include <fmt/format.h>
#include <sim/expr/program.hpp>

#include "sim/scenario/client_reader.hpp"

namespace flowtank::loading {

void ClientReader::script(Fields& fields, Client& client) {
  Reading& reading = builder_.reading;
  const Place list = fields.list("does");
  for (const char* key : {"sends", "to", "data", "retry"}) {
    if (fields.has(key)) reading.error(codes::key_conflict, fields.find(key), "a client with \"does\" has no " + in_quotes(key), "Its steps say it.");
  }
  const char* wrong = client.users != 0 ? "sessions" : "count";
  if (fields.has(wrong)) {
    reading.error(codes::key_conflict, fields.find(wrong), client.users != 0 ? "the sessions are the users" : "a client with \"does\" has sessions",
                  client.users != 0 ? "Say with \"count\" how often they go through the script." : "Write \"sessions\".");
  }
  if (!list) return;
  if (list.node->items.empty() || list.node->items.size() > most_steps) {
    return reading.error(codes::range_size, list, fmt::format("a script has 1 to {} steps", most_steps));
  }
  Script script{client, variables(client), {}, {}, none};
  script.environment.declare("session", expr::types::int64, client_session);
  for (std::size_t i = 0; i < list.node->items.size(); ++i) session_step(list.at(i), script);
  client.locals = static_cast<std::uint32_t>(script.locals.size());
  find_last_uses(script);
}

void ClientReader::session_step(const Place& place, Script& script) {
  Reading& reading = builder_.reading;
  Fields fields(reading, place, "a step of a session");
  if (!fields.valid()) return;
  fields.allow("doc");
  SessionStep step;
  const bool sends = fields.has("send"), reads = fields.has("read");
  const bool waits = fields.has("wait") || fields.has("wait_ms") || fields.has("wait_s") || fields.has("wait_us");
  if (static_cast<int>(sends) + static_cast<int>(reads) + static_cast<int>(waits) != 1) {
    reading.error(codes::key_step, place, "a step of a session has exactly one of send, read, wait_ms");
    return;
  }
  script.uses.emplace_back();
  if (sends) send(fields, script, step);
  else if (reads) read(fields, fields.object("read"), script, step);
  else wait(fields, step);
  auto& uses = script.uses.back();
  uses.insert(uses.end(), step.fields.begin(), step.fields.end());
  uses.insert(uses.end(), {step.key, step.at_least, step.version});
  fields.finish();
  script.client.script.push_back(std::move(step));
}

void ClientReader::targets(const Place& place, SessionStep& step) {
  Reading& reading = builder_.reading;
  const auto one = [&](const Place& name) {
    const std::uint32_t service = builder_.name_in(builder_.services, name, codes::ref_service, "service", "Services");
    if (service != none) step.targets.push_back({service, none, none});
  };
  if (!place.node->is(JsonKind::array)) return one(place);
  if (place.node->items.empty()) reading.error(codes::range_size, place, "at least one service is needed");
  for (std::size_t i = 0; i < place.node->items.size(); ++i) one(place.at(i));
}

// A command that every target handles.
std::uint32_t ClientReader::command_of_all(const Place& place, const SessionStep& step) {
  std::uint32_t command = none;
  for (const SessionTarget& target : step.targets) {
    command = builder_.command_of(target.service, place);
    if (command == none) return none;
  }
  return command;
}

void ClientReader::send(Fields& fields, Script& script, SessionStep& step) {
  step.verb = SessionVerb::send;
  const Place command = fields.require("send");
  const Place to = fields.require("to");
  if (to) targets(to, step);
  step.message = command_of_all(command, step);
  step.fields = command_fields(step.message, fields.find("data"), Place{}, fields.place(), script.environment);
  if (const Place key = fields.find("key")) step.key = builder_.expressions.value(key, script.environment).id;
  step.awaits = fields.boolean("await", true);
  retry(fields, step);
  if (!step.awaits && (fields.has("as") || fields.has("version"))) {
    builder_.reading.error(codes::key_conflict, fields.place(), "who does not await the answer cannot look at it");
  }
  version(fields, script, step, "");
  step.name = step.message == none ? "send" : builder_.system->messages[step.message].name;
  name_answer(fields, script, step);
}

void ClientReader::read(Fields& fields, const Place& place, Script& script, SessionStep& step) {
  if (!place) return;
  Fields read(builder_.reading, place, "a read");
  const Place from = read.require("from");
  if (from) targets(from, step);
  step.sticky = read.boolean("sticky", false);
  if (read.has("query") == read.has("table")) {
    builder_.reading.error(codes::key_conflict, place, "a read has either a \"query\" (a command that is answered) or a \"table\" (whose row is read)");
    for (const char* key : {"query", "table", "key", "with", "version_column"}) read.allow(key);
  } else if (read.has("query")) {
    step.verb = SessionVerb::query;
    query(read, script, step);
    retry(fields, step);
    version(fields, script, step, "");
  } else {
    step.verb = SessionVerb::read_row;
    const std::string column = read.text("version_column", "version");
    row(read, script, step);
    const bool all_have = std::all_of(step.targets.begin(), step.targets.end(), [&](const SessionTarget& target) {
      if (target.table == none) return false;
      const auto& columns = builder_.system->tables[target.table].columns;
      return std::any_of(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column; });
    });
    version(fields, script, step, all_have ? column : "-");
  }
  if (step.sticky && script.sticky_step == none) {
    script.sticky_step = static_cast<std::uint32_t>(script.client.script.size());
  } else if (step.sticky) {
    const auto& first = script.client.script[script.sticky_step].targets;
    const bool same = std::equal(first.begin(), first.end(), step.targets.begin(), step.targets.end(),
                                 [](const SessionTarget& a, const SessionTarget& b) { return a.service == b.service; });
    if (from && !same) builder_.reading.error(codes::key_conflict, from, "all sticky reads of a session are from the same services, in the same order");
  }
  read.finish();
  name_answer(fields, script, step);
}

void ClientReader::query(Fields& read, Script& script, SessionStep& step) {
  const Place name = read.require("query");
  step.message = command_of_all(name, step);
  step.fields = command_fields(step.message, read.find("with"), read.find("key"), read.place(), script.environment);
  step.name = step.message == none ? "read" : builder_.system->messages[step.message].name;
}

// A row of a table that every target has.
void ClientReader::row(Fields& read, Script& script, SessionStep& step) {
  Reading& reading = builder_.reading;
  const Place table = read.require("table");
  const Place key = read.require("key");
  const std::string column = read.text("version_column", "version");
  const auto name = table ? reading.text(table) : std::nullopt;
  step.name = name.value_or("read");
  for (SessionTarget& target : step.targets) {
    if (!name) break;
    std::vector<std::string> candidates;
    for (const std::uint32_t t : builder_.system->services[target.service].tables) {
      candidates.push_back(builder_.system->tables[t].name);
      if (candidates.back() == *name) target.table = t;
    }
    if (target.table == none) {
      reading.unknown_name(codes::ref_table, table, "table of " + builder_.system->services[target.service].name, *name, candidates, "Tables");
    }
  }
  if (key) step.key = builder_.expressions.value(key, script.environment).id;
  const Place with = read.object("with");
  if (!with) return;
  Fields conditions(reading, with, "\"with\" of a row that is read directly");
  if (const Place least = conditions.require("at_least")) {
    step.at_least = builder_.expressions.value(least, script.environment).id;
    for (SessionTarget& target : step.targets) {
      JsonNode node;  // the name of the column, placed where the condition is
      node = *least.node;
      node.kind = JsonKind::string;
      node.text = column;
      if (target.table != none) target.version_column = builder_.column_named({&node, least.pointer}, target.table);
    }
  }
  conditions.finish();
}

void ClientReader::wait(Fields& fields, SessionStep& step) {
  step.verb = SessionVerb::wait;
  step.name = "wait";
  if (const Place given = fields.find("wait")) {
    step.wait = builder_.distribution(given);
  } else if (const auto time = fields.time("wait")) {
    builder_.system->distributions.push_back(*Distribution::constant(*time));
    step.wait = static_cast<std::uint32_t>(builder_.system->distributions.size() - 1);
  }
}

void ClientReader::retry(Fields& fields, SessionStep& step) {
  const Place place = fields.object("retry");
  if (!place) return;
  Reading& reading = builder_.reading;
  if (!step.awaits) reading.error(codes::key_conflict, place, "who does not await the answer has no reason to ask again");
  Fields policy(reading, place, "a session's retry");
  step.max_attempts = static_cast<std::uint32_t>(policy.integer("attempts", 0, 1'000'000, 1));
  if (const auto timeout = policy.time("timeout")) step.timeout = *timeout;
  if (step.max_attempts == 0 && step.timeout == Duration{}) {
    reading.error(codes::key_missing, place, "asking again without limit needs timeout_ms, the pause before it");
  }
  policy.finish();
}

// "as" makes the answer a variable; without it the step is called after what it does.
void ClientReader::name_answer(Fields& fields, Script& script, SessionStep& step) {
  Reading& reading = builder_.reading;
  const auto taken = [&](const std::string& name) {
    const auto& steps = script.client.script;
    return std::any_of(steps.begin(), steps.end(), [&](const SessionStep& other) { return other.name == name; });
  };
  const Place as = fields.find("as");
  if (const auto name = as ? reading.text(as) : std::nullopt) {
    const bool reserved = *name == "n" || *name == "session" || *name == "recorded" || *name == "answer";
    if (!is_cel_name(*name) || reserved) {
      reading.error(codes::key_name, as, in_quotes(*name) + " cannot be the name of an answer", "Letters, digits and _; not n, session, recorded, answer.");
    } else if (taken(*name)) {
      reading.error(codes::model_duplicate, as, "two steps are called " + in_quotes(*name));
    } else {
      step.name = *name;
      step.local = static_cast<std::uint32_t>(script.locals.size());
      script.locals[*name] = step.local;
      script.environment.declare(*name, expr::types::dyn, client_local0 + step.local);
    }
    return;
  }
  const std::string plain = step.name;
  for (int n = 2; taken(step.name); ++n) step.name = fmt::format("{} {}", plain, n);
}

// "version" over `answer`; without it the field of that name, if the answer has one. `column`: of a row; "-": it
// has none.
void ClientReader::version(Fields& fields, Script& script, SessionStep& step, const std::string& column) {
  expr::Environment environment = script.environment;
  environment.declare("answer", expr::types::dyn, client_answer);
  if (const Place given = fields.find("version")) {
    step.version = builder_.expressions.value(given, environment).id;
  } else if (column != "-" && step.awaits) {
    step.version = builder_.expressions.generated("answer." + (column.empty() ? "version" : column), fields.place(), environment).id;
  }
}

void ClientReader::find_last_uses(Script& script) {
  std::vector<SessionStep>& steps = script.client.script;
  if (script.uses.size() != steps.size()) return;  // errors
  for (SessionStep& step : steps) {
    if (step.local == none) continue;
    std::uint32_t last = none;
    for (std::uint32_t s = 0; s < steps.size(); ++s) {
      for (const ExprId id : script.uses[s]) {
        if (id == none) continue;
        const auto slots = builder_.system->expressions[id].slots();
        if (std::find(slots.begin(), slots.end(), client_local0 + step.local) != slots.end()) last = s;
      }
    }
    if (last == none) step.local = none;  // nobody looks at it
    else steps[last].forget.push_back(step.local);
  }
}

}  // namespace flowtank::loading
