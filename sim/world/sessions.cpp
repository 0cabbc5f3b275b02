// SPDX-License-Identifier: Apache-2.0
// See sessions.hpp. A step is one action; what comes back to a session is part of the action that answers,
// because its next step is an action of its own: nobody can tell the difference.
#include "sim/world/sessions.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sim/base/check.hpp>

#include "sim/world/component.hpp"
#include "sim/world/evaluation.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

Sessions::Sessions(const System& system, Pool& pool, Cells& cells) : system_(system), pool_(pool), cells_(cells) {
  std::uint32_t most_locals = 0;
  std::uint64_t number = 0;
  for (std::uint32_t c = 0; c < system.clients.size(); ++c) {
    const Client& client = system.clients[c];
    ClientState state;
    state.number = number;
    state.identity = hash_bytes(client.name, 0x636c69656e74ULL);
    state.think = Purpose("client.think", client.name);
    state.wait = Purpose("client.wait", client.name);
    state.replica = Purpose("client.replica", client.name);
    for (const SessionStep& step : client.script) {
      state.types.push_back(step.message == none ? absent_word : pool.intern_string(system.messages[step.message].name));
    }
    for (std::uint64_t s = 0; s < client.sessions(); ++s) {
      for (Cell field = 0; field < at_local0 + client.locals; ++field) {
        const auto holds = field == at_asked || field >= at_local0 ? Cells::Holds::word : Cells::Holds::number;
        const std::uint64_t key = cells.tracking() ? component_key(ComponentKind::client, (1U << 20) + c, Hash128{s, 1}, field) : 0;
        const Cell cell = cells.allocate(holds, key);
        if (s == 0 && field == 0) state.first = cell;
      }
      clients_of_.push_back(c);
    }
    number += client.sessions();
    most_locals = std::max(most_locals, client.locals);
    clients_.push_back(std::move(state));
  }
  slots_.resize(client_local0 + most_locals);
  arrived_.assign(clients_.size(), 0);
  waiters_.resize(system.tables.size());
}

void Sessions::reset() {
  arrived_.assign(clients_.size(), 0);
  for (auto& waiting : waiters_) waiting.clear();
}

void Sessions::start(World& world, std::uint32_t client, Duration first) {
  const Client& c = spec(client);
  if (c.users == 0) return offer(world, client, 0, c.start + first);
  for (std::uint32_t s = 0; s < c.sessions(); ++s) offer(world, client, s, c.start + think(world, client, s));
}

Duration Sessions::think(const World& world, std::uint32_t client, std::uint64_t n) const {
  const Client& c = spec(client);
  if (c.think == none) return {};
  return system_.distributions[c.think].at(flowtank::draw(world.seed(), clients_[client].think, Whose{0, n}));
}

void Sessions::offer(World& world, std::uint32_t client, std::uint32_t session, Duration delay) const {
  world.offer(delay, {.kind = ActionKind::client_send, .a = client, .b = session});
}

bool Sessions::step(World& world, const Action& action) {
  const std::uint32_t client = action.a, session = action.b;
  if (over(client, session) || cells_.get(cell(client, session, at_asked)) != absent_word) return false;
  const SessionStep& step = step_of(client, session);
  if (step.verb == SessionVerb::wait) {
    go_on(world, client, session, waits(world, client, session, step_index(client, session)));
    return true;
  }
  const std::uint32_t target = world.timed() ? choose(world, client, session, 1) : action.choice;
  if (step.sticky) cells_.set(cell(client, session, at_replica), target + 1);
  if (step.verb == SessionVerb::read_row) return read_row(world, client, session, target);
  send(world, client, session, target, 1);
  return true;
}

// Timed: is this the first step of the session that arrives next?
bool Sessions::arrives(std::uint32_t client, std::uint32_t session) {
  if (spec(client).users != 0 || session != arrived_[client]) return false;
  ++arrived_[client];
  return true;
}

// ---- where a step goes ---------------------------------------------------------------------------------

void Sessions::targets(std::uint32_t client, std::uint32_t session, const SessionStep& step, std::vector<std::uint32_t>& out) const {
  out.clear();
  const std::uint64_t bound = step.sticky ? cells_.get(cell(client, session, at_replica)) : 0;
  if (bound != 0) return out.push_back(static_cast<std::uint32_t>(bound - 1));
  for (std::uint32_t t = 0; t < step.targets.size(); ++t) out.push_back(t);
}

// Timed: one of the replicas that are up, if any is.
std::uint32_t Sessions::choose(const World& world, std::uint32_t client, std::uint32_t session, std::uint32_t attempt) const {
  const SessionStep& step = step_of(client, session);
  if (step.targets.size() == 1) return 0;
  targets(client, session, step, candidates_);
  if (candidates_.size() == 1) return candidates_.front();
  const auto is_down = [&](std::uint32_t t) {
    const std::uint32_t service = step.targets[t].service;
    const std::uint32_t first = world.runs().first_instance(service);
    for (std::uint32_t i = first; i < first + system_.services[service].instances; ++i) {
      if (world.faults().is_up(i)) return false;
    }
    return true;
  };
  if (!std::all_of(candidates_.begin(), candidates_.end(), is_down)) std::erase_if(candidates_, is_down);
  const Whose whose{step_index(client, session), pass_number(client, session)};
  return candidates_[below(flowtank::draw(world.seed(), clients_[client].replica, whose, attempt), candidates_.size())];
}

void Sessions::connections_lost(std::uint32_t service) {
  for (std::uint32_t c = 0; c < clients_.size(); ++c) {
    for (const SessionStep& step : spec(c).script) {
      if (!step.sticky) continue;
      for (std::uint32_t s = 0; s < spec(c).sessions(); ++s) {
        const std::uint64_t bound = cells_.get(cell(c, s, at_replica));
        if (bound != 0 && step.targets[bound - 1].service == service) cells_.set(cell(c, s, at_replica), 0);
      }
      break;  // all sticky steps of a client have the same targets
    }
  }
}

// ---- asking --------------------------------------------------------------------------------------------

void Sessions::fill_slots(std::uint32_t client, std::uint32_t session, Word answer) const {
  const Client& c = spec(client);
  const std::uint64_t n = pass_number(client, session);
  slots_[client_n] = Value::of_int(static_cast<std::int64_t>(n));
  slots_[client_session] = Value::of_int(session);
  slots_[client_recorded] = n < c.recorded.size() ? c.recorded[n] : Value::of_null();
  slots_[client_answer] = answer == absent_word ? Value::of_null() : pool_.value(answer);
  for (std::uint32_t l = 0; l < c.locals; ++l) {
    const Word word = cells_.get(cell(client, session, at_local0 + l));
    slots_[client_local0 + l] = word == absent_word ? Value::of_null() : pool_.value(word);
  }
}

// Null where an expression has no value, as in the data of every client.
Word Sessions::evaluate(World& world, ExprId expression) {
  if (expression == none) return Pool::of_null();
  std::string error;
  return world.evaluate_word(expression, slots_, nullptr, error).value_or(Pool::of_null());
}

Word Sessions::message(World& world, std::uint32_t client, std::uint32_t session) {
  const std::uint32_t index = step_index(client, session);
  const SessionStep& step = spec(client).script[index];
  const MessageType& type = system_.messages[step.message];
  fill_slots(client, session, absent_word);
  data_.clear();
  for (const ExprId field : step.fields) data_.push_back(evaluate(world, field));
  const Hash128 id = combine(clients_[client].identity, Hash128{pass_number(client, session), index + 1});
  const Word fields[message_fields] = {pool_.intern_string(event_id_text(id)), clients_[client].types[index],
                                       type.key_field == none ? Pool::of_null() : data_[type.key_field],
                                       pool_.intern_record(type.data_type, data_)};
  return pool_.intern_record(type.record_type, fields);
}

void Sessions::send(World& world, std::uint32_t client, std::uint32_t session, std::uint32_t target, std::uint64_t attempt) {
  const SessionStep& step = step_of(client, session);
  const Word asked = cells_.get(cell(client, session, at_asked));
  const Word content = asked == absent_word ? message(world, client, session) : world.wire().message_of(asked);
  const bool first = asked == absent_word;
  const std::uint64_t sender = step.awaits ? world.wire().session_sender(clients_[client].number + session) : 0;
  const Word request = world.wire().make_request(content, sender, attempt);
  RecordId cause = no_record;
  if (world.tracing()) {
    Record& r = world.note(first ? RecordKind::command_sent : RecordKind::client_retry);
    r.subject = content;
    r.place = client;
    r.key = pool_.find(pool_.value(content).items()[field_key]);
    cause = r.id;
  }
  SessionEvent event;
  if (first) event = about(world, client, session, content);
  if (step.awaits) {
    cells_.set(cell(client, session, at_asked), request);
    cells_.set(cell(client, session, at_refused), 0);
    if (step.timeout > Duration{} && step.max_attempts != 0) offer_retry(world, client, session, step.timeout, request);
  }
  world.wire().send_request(world, step.targets[target].service, request, cause);
  if (first) {
    for (Observer* observer : world.observers()) observer->session_asks(world, event);
  }
  if (!step.awaits) go_on(world, client, session, Duration{});
}

void Sessions::offer_retry(World& world, std::uint32_t client, std::uint32_t session, Duration delay, Word request) const {
  world.offer(delay, {.kind = ActionKind::client_retry, .a = client, .b = session, .word = request});
}

bool Sessions::retry(World& world, const Action& action) {
  const std::uint32_t client = action.a, session = action.b;
  if (cells_.get(cell(client, session, at_asked)) != action.word) return false;
  const SessionStep& step = step_of(client, session);
  const std::uint64_t attempt = pool_.value(action.word).items()[2].u;
  if (step.max_attempts != 0 && attempt >= step.max_attempts) {
    give_up(world, client, session);
    return true;
  }
  const auto number = static_cast<std::uint32_t>(attempt + 1);
  const std::uint32_t target = world.timed() ? choose(world, client, session, number) : action.choice;
  if (step.sticky) cells_.set(cell(client, session, at_replica), target + 1);
  // Without a limit all attempts are alike.
  send(world, client, session, target, step.max_attempts == 0 ? attempt : attempt + 1);
  return true;
}

// What the step is about: the key that it names, or that of its command.
SessionEvent Sessions::about(World& world, std::uint32_t client, std::uint32_t session, Word command) {
  SessionEvent event;
  event.client = client;
  event.session = session;
  event.step = step_index(client, session);
  const SessionStep& step = step_of(client, session);
  if (step.key != none) {
    fill_slots(client, session, absent_word);
    event.key = evaluate(world, step.key);
  } else {
    event.key = pool_.find(pool_.value(command).items()[field_key]);
  }
  return event;
}

// ---- answers -------------------------------------------------------------------------------------------

void Sessions::answered(World& world, std::uint64_t number, Word request, bool ok, Word value) {
  const std::uint32_t client = clients_of_[number];
  const auto session = static_cast<std::uint32_t>(number - clients_[client].number);
  if (cells_.get(cell(client, session, at_asked)) != request) return;  // it does not wait for this attempt any more
  const SessionStep& step = step_of(client, session);
  const Word content = world.wire().message_of(request);
  if (world.tracing() && (step.verb == SessionVerb::send || !ok)) {
    Record& r = world.note(RecordKind::command_answered);
    r.subject = content;
    r.place = client;
    if (!ok) r.outcome = Outcome::error;
  }
  if (!ok) {
    const std::uint64_t attempt = pool_.value(request).items()[2].u;
    if (step.max_attempts != 0 && attempt >= step.max_attempts) return give_up(world, client, session);
    if (step.max_attempts != 0 && step.timeout > Duration{}) return;  // its timeout makes it ask again
    cells_.set(cell(client, session, at_refused), 1);
    return offer_retry(world, client, session, step.timeout, request);
  }
  SessionEvent event = about(world, client, session, content);
  event.answer = value == absent_word ? Pool::of_null() : value;
  cells_.set(cell(client, session, at_asked), absent_word);
  told(world, event, content, none);
}

bool Sessions::serves(const World& world, std::uint32_t client, std::uint32_t session, const SessionStep& step,
                      std::uint32_t target) const {
  if (step.at_least == none) return true;
  fill_slots(client, session, absent_word);
  const Value wanted = world.evaluate(step.at_least, slots_);
  const Value key = world.evaluate(step.key, slots_);
  if (wanted.kind == Kind::null || wanted.kind == Kind::error) return true;
  const SessionTarget& place = step.targets[target];
  const Word word = pool_.find(key);
  const Cell row = word == absent_word ? no_cell : world.store().find(place.table, word);
  if (row == no_cell || !world.store().present(row)) return compare(Value::of_int(0), wanted) >= 0;
  const Word version = world.store().column(row, place.version_column);
  return version != absent_word && compare(pool_.value(version), wanted) >= 0;
}

bool Sessions::read_row(World& world, std::uint32_t client, std::uint32_t session, std::uint32_t target) {
  const SessionStep& step = step_of(client, session);
  const std::uint32_t table = step.targets[target].table;
  if (world.timed() && !serves(world, client, session, step, target)) {
    waiters_[table].push_back({client, session});
    return false;
  }
  SessionEvent event = about(world, client, session, absent_word);
  event.table = table;
  for (Observer* observer : world.observers()) observer->session_asks(world, event);
  const Cell row = world.store().find(table, event.key);
  event.answer = Pool::of_null();
  if (row != no_cell && world.store().present(row)) {
    data_.clear();
    for (std::uint32_t c = 0; c < system_.tables[table].columns.size(); ++c) data_.push_back(world.store().column(row, c));
    event.answer = row_word(world, table, data_);
  }
  told(world, event, absent_word, step.targets[target].service);
  return true;
}

void Sessions::row_changed(World& world, std::uint32_t table) {
  for (const Waiter& waiter : waiters_[table]) offer(world, waiter.client, waiter.session, Duration{});
  waiters_[table].clear();
}

// A good answer: its version, who hears of it, the next step.
void Sessions::told(World& world, SessionEvent& event, Word subject, std::uint32_t service) {
  const SessionStep& step = step_of(event.client, event.session);
  if (step.verb == SessionVerb::read_row && event.answer == Pool::of_null() && step.version != none) {
    event.version = Pool::of_int_small(0);  // no row: older than every version
  } else if (step.version != none) {
    fill_slots(event.client, event.session, event.answer);
    std::string error;
    const auto version = world.evaluate_word(step.version, slots_, nullptr, error);
    if (version && *version != Pool::of_null()) event.version = *version;
  }
  if (world.tracing() && step.verb != SessionVerb::send) {
    Record& r = world.note(RecordKind::client_read);
    r.subject = subject;
    r.service = service == none ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(service);
    r.place = event.client;
    r.step = event.session;
    r.key = event.key;
    r.before = event.version;
    r.detail = event.answer;
    if (subject != absent_word) r.parent = world.last_record_of(subject);
  }
  if (step.local != none) cells_.set(cell(event.client, event.session, at_local0 + step.local), event.answer);
  for (Observer* observer : world.observers()) observer->session_told(world, event);
  go_on(world, event.client, event.session, Duration{});
}

// ---- from step to step ---------------------------------------------------------------------------------

Duration Sessions::waits(const World& world, std::uint32_t client, std::uint32_t session, std::uint32_t index) const {
  if (!world.timed()) return {};
  const SessionStep& step = spec(client).script[index];
  const Whose whose{index, pass_number(client, session)};
  return system_.distributions[step.wait].at(flowtank::draw(world.seed(), clients_[client].wait, whose));
}

void Sessions::go_on(World& world, std::uint32_t client, std::uint32_t session, Duration delay) {
  const Client& c = spec(client);
  std::uint32_t at = step_index(client, session);
  for (const std::uint32_t local : c.script[at].forget) cells_.set(cell(client, session, at_local0 + local), absent_word);
  std::uint64_t position = cells_.get(cell(client, session, at_position));
  // Waiting is no step of its own: nobody can tell it from being slow.
  for (++at, ++position; at < c.script.size() && c.script[at].verb == SessionVerb::wait; ++at, ++position) {
    delay += waits(world, client, session, at);
  }
  cells_.set(cell(client, session, at_position), position);
  if (at == c.script.size()) end_pass(world, client, session, delay);
  else offer(world, client, session, delay);
}

void Sessions::give_up(World& world, std::uint32_t client, std::uint32_t session) {
  const std::uint64_t rest = spec(client).script.size() - step_index(client, session);
  cells_.set(cell(client, session, at_position), cells_.get(cell(client, session, at_position)) + rest);
  end_pass(world, client, session, Duration{});
}

void Sessions::end_pass(World& world, std::uint32_t client, std::uint32_t session, Duration delay) {
  cells_.set(cell(client, session, at_asked), absent_word);
  cells_.set(cell(client, session, at_refused), 0);
  for (std::uint32_t l = 0; l < spec(client).locals; ++l) cells_.set(cell(client, session, at_local0 + l), absent_word);
  if (!over(client, session)) {
    if (world.timed()) offer(world, client, session, delay + think(world, client, pass_number(client, session)));
    return;
  }
  cells_.set(cell(client, session, at_replica), 0);
  for (Observer* observer : world.observers()) observer->session_over(world, client, session);
}

// ---- what is enabled -----------------------------------------------------------------------------------

void Sessions::enabled_steps(const World& world, std::uint32_t client, std::vector<Action>& out) const {
  for (std::uint32_t s = 0; s < spec(client).sessions(); ++s) {
    if (over(client, s) || cells_.get(cell(client, s, at_asked)) != absent_word) continue;
    const SessionStep& step = step_of(client, s);
    if (step.verb == SessionVerb::wait) {
      out.push_back({.kind = ActionKind::client_send, .a = client, .b = s});
      continue;
    }
    targets(client, s, step, candidates_);
    for (const std::uint32_t target : candidates_) {
      if (serves(world, client, s, step, target)) out.push_back({.kind = ActionKind::client_send, .a = client, .b = s, .choice = target});
    }
  }
}

void Sessions::enabled_retries(std::uint32_t client, std::vector<Action>& out) const {
  for (std::uint32_t s = 0; s < spec(client).sessions(); ++s) {
    const Word asked = cells_.get(cell(client, s, at_asked));
    if (asked == absent_word) continue;
    const SessionStep& step = step_of(client, s);
    const bool hurries = step.timeout > Duration{} && step.max_attempts != 0;
    if (!hurries && cells_.get(cell(client, s, at_refused)) == 0) continue;
    const bool gives_up = step.max_attempts != 0 && pool_.value(asked).items()[2].u >= step.max_attempts;
    targets(client, s, step, candidates_);
    for (const std::uint32_t target : candidates_) {
      out.push_back({.kind = ActionKind::client_retry, .a = client, .b = s, .choice = gives_up ? 0 : target, .word = asked});
      if (gives_up) break;
    }
  }
}

std::string Sessions::describe(const Action& action) const {
  const std::uint32_t client = action.a, session = action.b;
  const SessionStep& step = step_of(client, session);
  std::string text = fmt::format("{} {} pass {} {}", spec(client).name, session, passes_done(client, session), step.name);
  if (step.targets.size() > 1) text += " at " + system_.services[step.targets[action.choice].service].name;
  return text;
}

std::string Sessions::reads(const Action& action) const {
  const SessionStep& step = step_of(action.a, action.b);
  return step.verb == SessionVerb::query || step.verb == SessionVerb::read_row ? "read " + step.name : std::string();
}

}  // namespace flowtank
