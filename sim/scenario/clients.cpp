// SPDX-License-Identifier: Apache-2.0
// Clients: what is asked of the system, and when it arrives. A workload has a stated limit, so that nobody waits
// for 10^12 requests by mistake. Scripts of sessions are in sessions.cpp, files of arrivals in
// arrivals_file.cpp.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/builder.hpp"
#include "sim/scenario/client_reader.hpp"

namespace flowtank::loading {

namespace {

// [[0, 10], [60, 200]]: from so many seconds on, so many per second.
void read_profile(Builder& builder, const Place& list, Client& client) {
  Reading& reading = builder.reading;
  if (!reading.is_list(list, "pairs of seconds and arrivals per second")) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const Place pair = list.at(i);
    if (!reading.is_list(pair, "seconds and arrivals per second")) return;
    if (pair.node->items.size() != 2) return reading.error(codes::range_number, pair, "expected [seconds, arrivals per second]");
    const auto from = reading.duration(pair.at(std::size_t{0}), s(1));
    const auto rate = reading.real(pair.at(std::size_t{1}));
    if (!from || !rate) return;
    if (!(*rate >= 0 && *rate <= 1e9)) {
      return reading.error(codes::range_number, pair.at(std::size_t{1}), "the rate is out of range", "Allowed: 0 to 1,000,000,000 per second.");
    }
    const bool ascends = i == 0 ? *from == Duration{} : *from > client.rates.back().from;
    if (!ascends) {
      return reading.error(codes::range_number, pair.at(std::size_t{0}), i == 0 ? "a profile begins at 0 seconds" : "the times of a profile ascend");
    }
    client.rates.push_back({*from, *rate});
  }
  if (client.rates.empty()) reading.error(codes::range_number, list, "a profile needs at least one rate");
}

std::optional<Duration> mean_of_rate(Reading& reading, const Place& rate) {
  const auto per_second = reading.real(rate);
  if (!per_second) return std::nullopt;
  const auto mean = checked_duration(1.0 / *per_second, s(1));
  if (*per_second > 0 && mean && *mean != Duration::zero()) return mean;
  reading.error(codes::range_number, rate, "the rate is out of range", "More than 0 and at most 1,000,000,000 per second.");
  return std::nullopt;
}

void read_bursts(Reading& reading, const Place& bursts, Client& client) {
  Fields fields(reading, bursts, "bursts");
  client.burst = static_cast<std::uint64_t>(fields.integer("size", 1, 1'000'000, 1));
  const auto every = fields.time("every");
  if (!every && fields.valid()) reading.error(codes::key_missing, bursts, "bursts need every_ms, the time from one to the next");
  if (every) client.interval = *every;
  fields.finish();
}

}  // namespace

// Returns whether how often things arrive is known without "count".
void ClientReader::arrivals(const Place& place, Client& client) {
  Reading& reading = builder_.reading;
  if (place.node->is(JsonKind::string)) {
    reading.word(place, {"at_once"}, "Allowed, beside an object");
    return;
  }
  Fields fields(reading, place, "arrivals");
  const auto every = fields.time("every");
  const auto poisson = fields.time("poisson_every");
  const Place rate = fields.find("poisson_per_s");
  const Place bursts = fields.object("bursts");
  const Place gaps = fields.find("gaps");
  const Place profile = fields.find("profile");
  const Place file = fields.find("file");
  const Place users = fields.find("users");
  const Place think = fields.find("think");
  fields.finish();
  const int kinds = (every ? 1 : 0) + (poisson ? 1 : 0) + (rate ? 1 : 0) + (bursts ? 1 : 0) + (gaps ? 1 : 0) +
                    (profile ? 1 : 0) + (file ? 1 : 0) + (users ? 1 : 0);
  if (kinds != 1) {
    if (fields.valid()) {
      reading.error(codes::key_conflict, place,
                    "arrivals have one kind: every_ms, poisson_every_ms, poisson_per_s, bursts, gaps, profile, file or users");
    }
    return;
  }
  if (think && !users) reading.error(codes::key_conflict, think, "only users think", "Add \"users\", how many there are.");
  if (every) {
    client.arrivals = Arrivals::constant;
    client.interval = *every;
  } else if (poisson || rate) {
    client.arrivals = Arrivals::poisson;
    client.interval = poisson ? *poisson : mean_of_rate(reading, rate).value_or(s(1));
  } else if (bursts) {
    client.arrivals = Arrivals::bursts;
    read_bursts(reading, bursts, client);
  } else if (gaps) {
    client.arrivals = Arrivals::renewal;
    client.gaps = builder_.distribution(gaps);
  } else if (profile) {
    client.arrivals = Arrivals::profile;
    read_profile(builder_, profile, client);
  } else if (file) {
    client.arrivals = Arrivals::recorded;
    recorded(file, client);
  } else {
    const auto value = reading.integer(users, 1, static_cast<std::int64_t>(most_sessions));
    client.users = value ? static_cast<std::uint64_t>(*value) : 1;
    if (think) client.think = builder_.distribution(think);
  }
}

void ClientReader::count(Fields& fields, const char* key, Client& client) {
  Reading& reading = builder_.reading;
  const Place place = fields.find(key);
  if (!place) {
    if (client.arrivals == Arrivals::recorded) client.count = client.times.size();
    else if (client.users != 0) client.count = client.users;
    return;
  }
  const auto value = reading.integer(place, 0, std::numeric_limits<std::int64_t>::max());
  if (!value) return;
  client.count = static_cast<std::uint64_t>(*value);
  const std::uint64_t limit = builder_.options.limits.requests;
  if (client.count > limit) {
    reading.error(codes::range_workload, place, fmt::format("{} requests are more than the limit of {}", *value, limit),
                  "This is a limit of loading; it can be raised.");
  } else if (client.sessions() > most_sessions) {
    reading.error(codes::range_workload, place, fmt::format("{} sessions are more than the limit of {}", *value, most_sessions));
  } else if (client.arrivals == Arrivals::recorded && client.count > client.times.size()) {
    reading.error(codes::range_workload, place, fmt::format("{} are more than the {} arrivals of the file", *value, client.times.size()));
  }
}

// Without "does": one command, again and again.
void ClientReader::requests(Fields& fields, Client& client) {
  Reading& reading = builder_.reading;
  const Place to = fields.require("to");
  const Place sends = fields.require("sends");
  if (const auto name = to ? reading.text(to) : std::nullopt) {
    const auto found = builder_.services.find(*name);
    if (found != builder_.services.end()) client.service = found->second;
    else reading.unknown_name(codes::ref_service, to, "service", *name, names_of(builder_.services), "Services");
  }
  if (sends) client.message = builder_.command_of(client.service, sends);
  if (const Place retry = fields.object("retry")) {
    Fields policy(reading, retry, "a client's retry");
    client.max_attempts = static_cast<std::uint32_t>(policy.integer("attempts", 1, 1'000'000, 1));
    if (const auto timeout = policy.time("timeout")) client.timeout = *timeout;
    policy.finish();
  }
  expr::Environment environment = variables(client);
  const Place data = fields.find("data");
  client.fields = command_fields(client.message, data, Place{}, fields.place(), environment);
  if (client.users == 0 || client.service == none || client.message == none) return;
  // Users who wait for their answer before they go on: a session of one step.
  SessionStep step;
  step.name = builder_.system->messages[client.message].name;
  step.targets = {{client.service, none, none}};
  step.message = client.message;
  step.fields = client.fields;
  step.max_attempts = client.max_attempts;
  step.timeout = client.timeout;
  client.script.push_back(std::move(step));
}

expr::Environment ClientReader::variables(const Client& client) {
  expr::Environment environment(builder_.types);
  environment.declare("n", expr::types::int64, client_n);
  if (client.arrivals == Arrivals::recorded) environment.declare("recorded", expr::types::dyn, client_recorded);
  return environment;
}

// The data of a command: `data` by name, and `key` for its key field.
std::vector<ExprId> ClientReader::command_fields(std::uint32_t command, const Place& data, const Place& key, const Place& entry,
                                                 const expr::Environment& environment) {
  Reading& reading = builder_.reading;
  if (data && !reading.is_object(data, "data")) return {};
  if (command == none) return {};
  const MessageType& message = builder_.system->messages[command];
  std::vector<ExprId> out(message.fields.size(), none);
  std::vector<std::string> names;
  for (const Column& field : message.fields) names.push_back(field.name);
  const auto value = [&](const Place& place, std::size_t index) {
    out[index] = builder_.expressions.value_of(place, environment, message.fields[index].type,
                                               fmt::format("field {} of {}", names[index], message.name)).id;
  };
  if (data) {
    for (const JsonMember& member : data.node->members) {
      const auto found = std::find(names.begin(), names.end(), member.key);
      if (found == names.end()) {
        reading.error_at_key(codes::ref_field, data, member, message.name + " has no field " + in_quotes(member.key), name_hint(member.key, names, "Fields"));
        continue;
      }
      value(data.at(member), static_cast<std::size_t>(found - names.begin()));
    }
  }
  if (message.key_field == none) return out;
  const bool in_data = data && data.node->find(names[message.key_field]) != nullptr;
  if (key && in_data) reading.error(codes::key_conflict, key, "the key is given twice: here and as " + in_quotes(names[message.key_field]));
  else if (key) value(key, message.key_field);
  else if (!in_data) reading.error(codes::key_missing, data ? data : entry, message.name + " needs its key field " + in_quotes(names[message.key_field]));
  return out;
}

void Builder::read_clients(Fields& top) {
  const Place section = top.object("clients");
  if (!section) return;
  ClientReader reader(*this);
  for (const JsonMember& member : section.node->members) {
    Fields fields(reading, section.at(member), "a client");
    if (!fields.valid()) continue;
    Client client;
    client.name = member.key;
    if (const Place arrivals = fields.find("arrivals")) reader.arrivals(arrivals, client);
    const bool scripted = fields.has("does");
    if (const auto start = fields.time("start")) client.start = *start;
    if (scripted) reader.script(fields, client);
    else reader.requests(fields, client);
    reader.count(fields, scripted && client.users == 0 ? "sessions" : "count", client);
    fields.allow("doc");
    fields.finish();
    clients[member.key] = static_cast<std::uint32_t>(system->clients.size());
    system->clients.push_back(std::move(client));
  }
}

std::uint32_t Builder::command_of(std::uint32_t service, const Place& place) {
  const auto name = reading.text(place);
  if (!name) return none;
  std::vector<std::string> candidates;
  std::uint32_t found = none;
  for (const Handler& handler : system->handlers) {
    if (handler.trigger != Trigger::command || (service != none && handler.service != service)) continue;
    candidates.push_back(system->messages[handler.message].name);
    if (candidates.back() == *name) found = handler.message;
  }
  if (found == none) {
    reading.unknown_name(codes::ref_message, place, service == none ? "command" : "command handled by " + system->services[service].name,
                         *name, candidates, "Commands");
  }
  return found;
}

}  // namespace flowtank::loading
