// SPDX-License-Identifier: Apache-2.0
// Sentences from records. Every access is checked against the System: a record that names nothing gives a
// plainer sentence, never a crash, since traces may come from files.
#include "reports/record_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

}  // namespace

std::string RecordText::name(std::string_view text) const { return printable(text); }

std::string RecordText::who(const Record& record) const {
  const auto& services = system_.services;
  if (record.service >= services.size()) return "the broker";
  const Service& service = services[record.service];
  if (service.instances <= 1) return name(service.name);
  return fmt::format("{} #{}", name(service.name), record.instance + 1);
}

std::string RecordText::value(Word word) const {
  return word == absent_word ? std::string("nothing") : printable(flowtank::to_text(pool_.value(word)));
}

std::uint32_t RecordText::message_type(const Value& message) const {
  for (std::uint32_t m = 0; m < system_.messages.size(); ++m) {
    if (system_.messages[m].record_type == message.tag) return m;
  }
  return none;
}

std::string RecordText::message(Word word) const {
  const Value content = pool_.value(word);
  if (!content.is(Kind::record) || content.items().size() < message_fields) return value(word);
  const std::uint32_t type = message_type(content);
  const auto& messages = system_.messages;
  const std::string type_name = type < messages.size() ? name(messages[type].name)
                                                       : printable(flowtank::to_text(content.items()[field_type]));
  return fmt::format("{}({})", type_name, printable(flowtank::to_text(content.items()[field_key])));
}

std::string RecordText::channel(std::uint32_t index) const {
  const auto& channels = system_.channels;
  return index < channels.size() ? name(channels[index].name) : std::string("a channel");
}

std::string RecordText::handler(const Record& record) const {
  const System& system = system_;
  if (record.handler >= system.handlers.size()) return "";
  const Handler& found = system.handlers[record.handler];
  if (found.service >= system.services.size()) return name(found.name);
  return name(system.services[found.service].name) + "." + name(found.name);
}

std::string RecordText::step(const Record& record) const {
  const auto& handlers = system_.handlers;
  if (record.handler >= handlers.size() || record.step >= handlers[record.handler].program.steps.size()) return "";
  return name(handlers[record.handler].program.steps[record.step].label);
}

bool RecordText::is_text(Word word, std::string_view text) const {
  const Value content = pool_.value(word);
  return content.is(Kind::string) && content.text() == text;
}

bool RecordText::told(const Record& record) const {
  switch (record.kind) {
    case RecordKind::txn_commit: {
      const std::string what = commit(record);
      return !what.empty();
    }
    case RecordKind::command_sent:
      return record.service >= system_.services.size();  // a client's; calls are told by their effect
    case RecordKind::accepted:
    case RecordKind::lost:
    case RecordKind::dead_lettered:
    case RecordKind::effect:
    case RecordKind::failed:
    case RecordKind::crash:
    case RecordKind::restart:
    case RecordKind::fault:
    case RecordKind::acked:
    case RecordKind::nacked:
    case RecordKind::timer_fired:
    case RecordKind::client_retry:
    case RecordKind::client_read:
    case RecordKind::retry:
      return true;
    case RecordKind::txn_abort:  // of a crash: the crash says it
      return record.detail == absent_word || !is_text(record.detail, "crash");
    case RecordKind::delivered:  // only when a fault or a failure makes it come again
      return record.other_parent != no_record;
    case RecordKind::publish_seen:
      return record.outcome != Outcome::ok;
    case RecordKind::command_answered:
      return record.outcome != Outcome::ok;
    case RecordKind::row_changed:  // told by their commit; a change without one stands alone
      return record.parent >= trace_.size() || trace_[record.parent].kind != RecordKind::txn_commit;
    default:
      return false;
  }
}

std::string RecordText::changed_columns(std::uint32_t table, Word before, Word after) const {
  const Value old_row = pool_.value(before);
  const Value new_row = pool_.value(after);
  const bool lists = (old_row.is(Kind::list) || old_row.is(Kind::record)) && (new_row.is(Kind::list) || new_row.is(Kind::record));
  if (!lists) return "";
  const auto& columns = system_.tables[table].columns;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min({columns.size(), old_row.items().size(), new_row.items().size()}); ++i) {
    if (identical(old_row.items()[i], new_row.items()[i])) continue;
    parts.push_back(fmt::format("{} {} -> {}", name(columns[i].name), printable(flowtank::to_text(old_row.items()[i])),
                                printable(flowtank::to_text(new_row.items()[i]))));
  }
  return joined(parts);
}

std::string RecordText::row_change(const Record& record) const {
  const auto& tables = system_.tables;
  if (record.place >= tables.size()) return "";
  const Table& table = tables[record.place];
  const bool inserted = record.before == absent_word;
  const bool deleted = record.detail == absent_word;
  switch (table.role) {
    case TableRole::observation: return "";
    case TableRole::inbox: return inserted ? "noted the message in its inbox" : "changed its inbox";
    case TableRole::outbox: return inserted ? "stored an outbox row"
                                          : deleted ? "cleared its outbox row"
                                          : changed_columns(record.place, record.before, record.detail).find("false -> true") != std::string::npos
                                              ? "marked its outbox row as sent"
                                              : "wrote its outbox row again";
    case TableRole::data: break;
  }
  if (inserted) return fmt::format("stored {} in {}", value(record.key), name(table.name));
  if (deleted) return fmt::format("deleted {} from {}", value(record.key), name(table.name));
  const std::string columns = changed_columns(record.place, record.before, record.detail);
  return fmt::format("changed {} in {}{}", value(record.key), name(table.name), columns.empty() ? "" : ": " + columns);
}

std::string RecordText::commit(const Record& record) const {
  std::vector<std::string> parts;
  // Rows follow their commit closely; the parent link says which are its own.
  for (std::size_t i = std::size_t{record.id} + 1; i < trace_.size() && trace_[i].time == record.time; ++i) {
    const Record change = trace_[i];
    if (change.kind != RecordKind::row_changed) {
      if (change.kind == RecordKind::txn_commit) break;
      continue;
    }
    if (change.parent != record.id) continue;
    std::string part = row_change(change);
    constexpr std::string_view stored = "stored ";
    if (!parts.empty() && parts.front().starts_with(stored) && part.starts_with(stored)) part.erase(0, stored.size());
    if (!part.empty() && std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
  }
  if (parts.empty()) return "";
  if (parts.size() > 4) {
    const std::size_t more = parts.size() - 3;
    parts.resize(3);
    parts.push_back(fmt::format("{} more rows", more));
  }
  return fmt::format("{} {}{}", who(record), joined(parts), parts.size() > 1 ? " in one transaction" : "");
}

std::string RecordText::place_of(const Record& record) const {
  const System& system = system_;
  if (record.place < system.subscriptions.size()) return channel(system.subscriptions[record.place].channel);
  return "its channel";
}

std::string RecordText::publishing(const Record& record) const {
  const std::string subject = message(record.subject);
  switch (record.kind) {
    case RecordKind::event_made: return fmt::format("{} made {}", who(record), subject);
    case RecordKind::publish_try: return fmt::format("{} publishes {} to {}", who(record), subject, channel(record.place));
    case RecordKind::publish_seen:
      // The record does not say whether a broker answered or the client library waits for no answer (acks=0 and its like).
      if (record.outcome == Outcome::ok) return fmt::format("{} takes {} for published", who(record), subject);
      if (record.outcome == Outcome::error) return fmt::format("the broker refused {} of {}", subject, who(record));
      return fmt::format("{} got no answer for {} and cannot know whether it was accepted", who(record), subject);
    default:
      if (record.parent < trace_.size() && trace_[record.parent].service < system_.services.size()) {
        return fmt::format("{} published {} to {}", who(trace_[record.parent]), subject, channel(record.place));
      }
      return fmt::format("the broker stored {} in {}", subject, channel(record.place));
  }
}

std::string RecordText::around_messages(const Record& record) const {
  const std::string subject = message(record.subject);
  switch (record.kind) {
    case RecordKind::command_sent: {
      if (record.service < system_.services.size()) return fmt::format("{} called {}", who(record), subject);
      const auto& clients = system_.clients;
      if (record.place >= clients.size()) return fmt::format("a client sent {}", subject);
      const std::uint32_t target = clients[record.place].service;
      const auto& services = system_.services;
      return fmt::format("{} sent {}{}", name(clients[record.place].name), subject,
                         target < services.size() ? " to " + name(services[target].name) : "");
    }
    case RecordKind::command_received: return fmt::format("{} took {}", who(record), subject);
    case RecordKind::command_answered:
      if (record.outcome == Outcome::ok) return fmt::format("{} was answered", subject);
      return fmt::format("{} was answered with an error", subject);
    case RecordKind::handler_begin:
      if (record.subject == absent_word) return fmt::format("{} started {}", who(record), handler(record));
      return fmt::format("{} started to handle {}", who(record), subject);
    case RecordKind::handler_end: return fmt::format("{} finished {}", who(record), record.subject == absent_word ? handler(record) : subject);
    case RecordKind::lost: return fmt::format("{} was lost on its way out of {}", subject, place_of(record));
    case RecordKind::delivered:
      return fmt::format("{} got {}{}", who(record), subject, record.other_parent == no_record ? "" : " once more");
    case RecordKind::acked: {
      const char* unlike = record.outcome == Outcome::unknown ? ", which the broker never hears" : record.outcome == Outcome::error ? ", too late" : "";
      return fmt::format("{} acknowledged {}{}", who(record), subject, unlike);
    }
    case RecordKind::nacked: return fmt::format("{} gave {} back", who(record), subject);
    case RecordKind::dead_lettered: return fmt::format("{} went to the dead letters of {}", subject, who(record));
    case RecordKind::redelivered: return fmt::format("{} is ready to be delivered again", subject);
    case RecordKind::client_retry: return fmt::format("the client heard no good answer and sent {} again", subject);
    case RecordKind::client_read: {
      const auto& clients = system_.clients;
      const auto& services = system_.services;
      const std::string reader = record.place < clients.size() ? name(clients[record.place].name) : "a client";
      const std::string from = record.service < services.size() ? " from " + name(services[record.service].name) : "";
      const std::string seen = record.before != absent_word ? "version " + value(record.before) : value(record.detail);
      return fmt::format("{} session {} read {}{}: {}", reader, record.step + 1, value(record.key), from, seen);
    }
    default:
      if (record.subject == absent_word) return fmt::format("{} publishes to {} again", who(record), channel(record.place));
      return fmt::format("{} tries {} again", who(record), subject);
  }
}

std::string RecordText::place_name(const Record& record) const {
  const System& system = system_;
  const auto of = [&](const auto& things) { return record.place < things.size() ? name(things[record.place].name) : std::string(); };
  switch (record.kind) {
    case RecordKind::command_sent:
    case RecordKind::client_read: return of(system.clients);
    case RecordKind::client_retry: return record.service < system.services.size() ? "" : of(system.clients);
    case RecordKind::row_write:
    case RecordKind::row_changed: return record.place < system.tables.size() ? name(system.tables[record.place].display) : "";
    case RecordKind::publish_try:
    case RecordKind::accepted:
    case RecordKind::retry: return of(system.channels);
    case RecordKind::delivered:
    case RecordKind::acked:
    case RecordKind::nacked:
    case RecordKind::lost:
    case RecordKind::dead_lettered:
    case RecordKind::redelivered:
      return record.place < system.subscriptions.size() ? channel(system.subscriptions[record.place].channel) : "";
    case RecordKind::timer_set:
    case RecordKind::timer_fired:
    case RecordKind::timer_cancelled: return of(system.timers);
    case RecordKind::effect: return of(system.effects);
    case RecordKind::crash:
    case RecordKind::fault:
    case RecordKind::fault_over: return of(system.faults);
    default: return "";
  }
}

// The author of the model knows better what a step means than we do.
bool RecordText::author_speaks(const Record& record) const {
  if (record.says == absent_word) return false;
  switch (record.kind) {
    case RecordKind::txn_commit:
    case RecordKind::effect:
    case RecordKind::publish_try:
    case RecordKind::chosen:
    case RecordKind::timer_set:
    case RecordKind::command_sent: return record.outcome == Outcome::ok;
    default: return false;
  }
}

std::string RecordText::sentence(const Record& record) const {
  if (author_speaks(record)) return value(record.says);
  const System& system = system_;
  switch (record.kind) {
    case RecordKind::txn_begin: return who(record) + " began a transaction";
    case RecordKind::row_write: return who(record) + " wrote a row that is not yet visible";
    case RecordKind::txn_commit: {
      std::string text = commit(record);
      return text.empty() ? who(record) + " committed" : text;
    }
    case RecordKind::txn_abort:
      return who(record) + " rolled its transaction back" + (record.detail == absent_word || is_text(record.detail, "rollback") ? "" : ": " + value(record.detail));
    case RecordKind::row_changed: return who(record) + " " + row_change(record);
    case RecordKind::event_made:
    case RecordKind::publish_try:
    case RecordKind::publish_seen:
    case RecordKind::accepted: return publishing(record);
    case RecordKind::timer_set:
    case RecordKind::timer_fired:
    case RecordKind::timer_cancelled: {
      const std::string timer = record.place < system.timers.size() ? name(system.timers[record.place].name) : "a timer";
      const char* what = record.kind == RecordKind::timer_set ? "was set" : record.kind == RecordKind::timer_fired ? "fired" : "was cancelled";
      return fmt::format("timer {} of {} {} for {}", timer, who(record), what, value(record.key));
    }
    case RecordKind::effect: {
      const std::string effect = record.place < system.effects.size() ? name(system.effects[record.place].name) : "an effect";
      const char* again = record.outcome == Outcome::ignored ? " (ignored: its idempotency key is known)"
                          : record.other_parent != no_record ? " again" : "";
      const bool amount = record.detail != absent_word && !identical(pool_.value(record.detail), Value::of_int(0));
      return fmt::format("{} did {}{} for {}{}", who(record), effect, amount ? " " + value(record.detail) : "", value(record.key), again);
    }
    case RecordKind::chosen: return fmt::format("{} got the outcome {}", who(record), value(record.detail));
    case RecordKind::failed:
      return fmt::format("{} gave up{}", who(record), record.detail == absent_word ? "" : ": " + value(record.detail));
    case RecordKind::crash:
    case RecordKind::restart:
    case RecordKind::fault:
    case RecordKind::fault_over: return environment(record);
    case RecordKind::poll: return who(record) + " looked for work";
    case RecordKind::violated: return "a property fails" + (record.detail == absent_word ? "" : ": " + value(record.detail));
    case RecordKind::step: return "something went on without a record of its own";
    default: return around_messages(record);
  }
}

}  // namespace flowtank::reports
