// SPDX-License-Identifier: Apache-2.0
// Findings on single handlers: what a second copy of a message repeats, what a crash between two writes loses or
// invents, what is retried for ever. README.md here says what counts as protection and what is not seen.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/topology/study.hpp"

namespace flowtank::topology {

namespace {

// A loop over a constant list of one element is none.
bool runs_once(const Study& study, const Program& program, const EachSpec& each) {
  return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& at) {
    if (at.op != Op::loop_start || at.a != each.list_local || at.b == none) return false;
    const Value list = study.system.expressions[at.b].constant();
    return list.is(Kind::list) && list.items().size() <= 1;
  });
}

// Is the call in a loop, and what it sends the same in every round?
bool asks_again(const Study& study, std::uint32_t index, std::uint32_t instruction) {
  const Program& program = study.system.handlers[index].program;
  for (std::uint32_t i = 0; i < instruction; ++i) {
    if (program.code[i].op != Op::loop_next) continue;
    const EachSpec& each = program.eaches[program.code[i].a];
    if (each.past <= instruction || runs_once(study, program, each)) continue;
    const auto& fields = program.calls[program.code[instruction].a].fields;
    const bool same = std::none_of(fields.begin(), fields.end(), [&](ExprId field) {
      if (field == none || each.item_local == none) return false;
      const auto& slots = study.system.expressions[field].slots();
      return std::find(slots.begin(), slots.end(), slot_local0 + each.item_local) != slots.end();
    });
    if (same) return true;
  }
  return false;
}

// Why a handler may be run twice for one message; empty when nothing makes it.
std::string repeated_because(const Study& study, std::uint32_t index) {
  const System& system = study.system;
  const Handler& handler = system.handlers[index];
  if (handler.trigger == Trigger::message) return fmt::format("a copy of {} is delivered twice", study.message_name(handler.message));
  if (handler.trigger == Trigger::timer) return fmt::format("timer {} fires again after a crash", system.timers[handler.timer].name);
  if (handler.trigger == Trigger::poll) return "it is interrupted and runs again";
  for (const Client& client : system.clients) {
    for (const ClientRequest& request : requests_of(client)) {
      if (request.service == handler.service && request.message == handler.message && request.repeated) {
        return fmt::format("{} sends {} again", client.name, study.message_name(handler.message));
      }
    }
  }
  for (std::uint32_t c = 0; c < system.handlers.size(); ++c) {
    const Handler& caller = system.handlers[c];
    for (std::uint32_t i = 0; i < caller.program.code.size(); ++i) {
      if (caller.program.code[i].op != Op::call) continue;
      const CallSpec& call = caller.program.calls[caller.program.code[i].a];
      if (call.service != handler.service || call.message != handler.message) continue;
      if (caller.trigger != Trigger::command) return fmt::format("{} calls it again (\"{}\" may be run twice itself)", study.service_name(caller.service), caller.name);
      if (asks_again(study, c, i)) return fmt::format("{} asks again in \"{}\"", study.service_name(caller.service), caller.name);
    }
  }
  return "";
}

// Does handling the message again change more than handling it once did? (Protection left aside.)
bool repeats(const Study& study, std::uint32_t index, std::uint32_t instruction) {
  const System& system = study.system;
  const HandlerFlow& flow = study.handlers[index];
  const Program& program = system.handlers[index].program;
  const Instruction& at = program.code[instruction];
  if (at.op == Op::effect) return !flow.locals().is_stable(program.effects[at.a].idempotency_key);
  if (at.op == Op::insert) {
    const InsertSpec& insert = program.inserts[at.a];
    if (system.tables[insert.table].role != TableRole::data || insert.columns.empty()) return false;
    return !flow.locals().is_repeatable(insert.columns[0]) && !flow.recognises(insert);
  }
  if (at.op != Op::update) return false;
  const UpdateSpec& update = program.updates[at.a];
  if (update.table == none || system.tables[update.table].role != TableRole::data || flow.guards_itself(update)) return false;
  const std::uint32_t record = system.tables[update.table].record_type;
  return std::any_of(update.set.begin(), update.set.end(), [&](const Assignment& set) {
    return set.increment || (set.value != none && use_of(system.expressions[set.value]).reads(record, set.column));
  });
}

bool is_protected(const Study& study, std::uint32_t index, std::uint32_t instruction) {
  const HandlerFlow& flow = study.handlers[index];
  const Program& program = study.system.handlers[index].program;
  const Instruction& at = program.code[instruction];
  const Facts& facts = flow.at(instruction);
  if (!facts.reached || facts.recorded) return true;
  if (at.op == Op::effect || !facts.in_transaction) return false;
  const std::uint32_t table = at.op == Op::insert ? program.inserts[at.a].table : program.updates[at.a].table;
  if (facts.record_pending || flow.recorded_later(instruction, table)) return true;
  return std::any_of(facts.looked_then_wrote.begin(), facts.looked_then_wrote.end(), [&](std::uint32_t t) { return t != table; });
}

std::string what_is_repeated(const Study& study, std::uint32_t index, std::uint32_t instruction) {
  const System& system = study.system;
  const Program& program = system.handlers[index].program;
  const Instruction& at = program.code[instruction];
  if (at.op == Op::effect) return fmt::format("effect {}", system.effects[program.effects[at.a].effect].name);
  if (at.op == Op::insert) return fmt::format("a row in {}", system.tables[program.inserts[at.a].table].name);
  const UpdateSpec& update = program.updates[at.a];
  std::vector<std::string> columns;
  for (const Assignment& set : update.set) {
    if (set.increment) columns.push_back(system.tables[update.table].name + "." + system.tables[update.table].columns[set.column].name);
  }
  return columns.empty() ? "the change of " + system.tables[update.table].name : "the addition to " + listed(columns);
}

// What in the handler comes near to a protection, and why it is none.
std::string why_not(const Study& study, std::uint32_t index) {
  const System& system = study.system;
  const HandlerFlow& flow = study.handlers[index];
  const Program& program = system.handlers[index].program;
  for (const InsertSpec& insert : program.inserts) {
    if (insert.columns.empty() || insert.table == none || system.tables[insert.table].role == TableRole::outbox) continue;
    const Table& table = system.tables[insert.table];
    if (!table.durable && table.role == TableRole::inbox) return fmt::format("What {} remembers is in memory, and gone after a crash.", table.name);
    if (flow.recognises(insert)) return fmt::format("The message is recorded in {}, but not in the same transaction: a crash in between repeats it.", table.name);
    if (table.role != TableRole::inbox) continue;
    if (!flow.locals().is_stable(insert.columns[0])) return fmt::format("Each handling adds a row of its own to {}, so nothing is unique there: two copies at the same time both find nothing.", table.name);
    return fmt::format("The insert into {} overlooks that the row is there already, or comes after the change in a transaction of its own.", table.name);
  }
  return "Insert the message's id into a table in the same transaction and stop when it is there (an inbox), guard the update by what it changes, or give the effect an idempotency key.";
}

void duplicates(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  const std::string because = repeated_because(study, index);
  if (because.empty()) return;
  std::vector<std::string> repeated;
  std::uint32_t first = none;
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    const Op op = handler.program.code[i].op;
    if (op != Op::effect && op != Op::insert && op != Op::update) continue;
    if (handler.trigger == Trigger::poll && op != Op::effect) continue;  // a poller's guard decides what it does again
    if (!repeats(study, index, i) || is_protected(study, index, i)) continue;
    if (first == none) first = i;
    const std::string what = what_is_repeated(study, index, i);
    if (std::find(repeated.begin(), repeated.end(), what) == repeated.end()) repeated.push_back(what);
  }
  if (repeated.empty()) return;
  std::string hint = why_not(study, index);
  for (const KnownWeakness& weakness : study.scenario.weaknesses) {
    if (weakness.service != handler.service || !weakness.duplicates || weakness.better.empty()) continue;
    hint += fmt::format(" Here \"{}\": \"{}\" does it.", weakness.option, weakness.better);
    break;
  }
  study.warn(codes::lint_no_dedupe, study.subject_of(index), study.topology.spot_of_step(index, first),
             fmt::format("{} repeats {} when {}", study.service_name(handler.service), listed(repeated), because), hint);
}

// ---- two writes that should be one -----------------------------------------------------------------------

// A crash after a commit is made good: the handler is run again and gets to the same place.
bool run_again(const Handler& handler, const Facts& facts) {
  if (facts.recorded) return false;
  if (handler.trigger == Trigger::timer) return true;
  return handler.trigger == Trigger::message && handler.settlement != Settlement::before;
}

// Is what the instruction publishes stored in the same handler for a relay as well?
bool relayed_too(const Study& study, std::uint32_t index, const std::vector<std::uint32_t>& messages) {
  return std::all_of(messages.begin(), messages.end(), [&](std::uint32_t message) {
    return std::any_of(study.topology.emissions().begin(), study.topology.emissions().end(),
                       [&](const Emission& e) { return e.maker == index && e.message == message && e.relay != none; });
  });
}

struct Published {
  std::vector<std::uint32_t> messages;  // made by the handler itself; empty: out of a table
  std::vector<std::uint32_t> tables;    // it comes from
  std::string name;
};
Published published(const Study& study, std::uint32_t index, std::uint32_t instruction) {
  const Program& program = study.system.handlers[index].program;
  const Locals& locals = study.handlers[index].locals();
  const ExprId event = program.publishes[program.code[instruction].a].event;
  Published out;
  const std::uint32_t local = locals.plain_local(event);
  if (local != none) out.messages = locals.made(local);
  out.tables = locals.tables_behind(event);
  if (const ExprId guard = study.system.handlers[index].guard; guard != none) {
    for (const expr::TableAccess& access : study.system.expressions[guard].accesses()) out.tables.push_back(static_cast<std::uint32_t>(access.table.u));
  }
  std::vector<std::string> names;
  for (const std::uint32_t message : out.messages) names.push_back(study.message_name(message));
  out.name = names.empty() ? "what it takes from its tables" : listed(names);
  return out;
}

// Tables of data in `tables` that hold no events.
std::vector<std::string> data_tables(const Study& study, const std::set<std::uint32_t>& tables, const std::set<std::uint32_t>& except) {
  std::vector<std::string> out;
  for (const std::uint32_t table : tables) {
    const auto& stored = study.topology.stored();
    const bool events = std::any_of(stored.begin(), stored.end(), [&](const StoredEvent& s) { return s.table == table; });
    if (study.system.tables[table].role == TableRole::data && !events && except.count(table) == 0) out.push_back(study.system.tables[table].name);
  }
  return out;
}

void publish_after_commit(Study& study, std::uint32_t index, std::uint32_t instruction, std::vector<std::string>& found, std::uint32_t& first) {
  const Handler& handler = study.system.handlers[index];
  const Facts& facts = study.handlers[index].at(instruction);
  if (!facts.reached || facts.committed.empty() || run_again(handler, facts)) return;
  const Published what = published(study, index, instruction);
  if (handler.trigger == Trigger::poll) {
    // A poller comes back as long as its tables tell it to; a commit that changes them first loses the event.
    if (std::none_of(what.tables.begin(), what.tables.end(), [&](std::uint32_t t) { return facts.committed.count(t) != 0; })) return;
  } else if (data_tables(study, facts.committed, {}).empty()) {
    return;
  }
  if (!what.messages.empty() && relayed_too(study, index, what.messages)) return;
  if (first == none) first = instruction;
  if (std::find(found.begin(), found.end(), what.name) == found.end()) found.push_back(what.name);
}

void dual_writes(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  const std::string& service = study.service_name(handler.service);
  std::vector<std::string> late;
  std::uint32_t first = none;
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    if (handler.program.code[i].op == Op::publish) publish_after_commit(study, index, i, late, first);
  }
  if (!late.empty()) {
    study.warn(codes::lint_publish_after_commit, study.subject_of(index), study.topology.spot_of_step(index, first),
               fmt::format("{} commits and then publishes {}: a crash in between loses {} for ever", service, listed(late), late.size() > 1 ? "them" : "it"),
               handler.trigger == Trigger::poll ? "Publish first and mark it as sent afterwards: then a crash sends it again instead of never."
                                                : "Nothing brings the handler back to this place. Store the event in the transaction and let a relay publish it (an outbox).");
  }
  std::set<std::uint32_t> early;
  std::vector<std::string> changed;
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    const Facts& facts = study.handlers[index].at(i);
    if (handler.program.code[i].op != Op::commit || !facts.reached || handler.trigger == Trigger::poll) continue;
    const auto tables = data_tables(study, facts.pending, facts.committed);
    if (tables.empty()) continue;
    for (const std::uint32_t p : facts.published) {
      early.insert(p);
      for (const std::string& table : tables) {
        if (std::find(changed.begin(), changed.end(), table) == changed.end()) changed.push_back(table);
      }
    }
  }
  if (early.empty()) return;
  std::vector<std::string> names;
  for (const std::uint32_t p : early) names.push_back(published(study, index, p).name);
  study.warn(codes::lint_publish_before_commit, study.subject_of(index), study.topology.spot_of_step(index, *early.begin()),
             fmt::format("{} publishes {} before it commits {}: without the commit an event announces what never happened", service, listed(names), listed(changed)),
             "Store the event in the transaction and let a relay publish it (an outbox).");
}

void effects_apart(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  const HandlerFlow& flow = study.handlers[index];
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    const Facts& facts = flow.at(i);
    if (!facts.reached) continue;
    const Instruction& at = handler.program.code[i];
    if (at.op == Op::effect && handler.trigger != Trigger::poll && !data_tables(study, facts.committed, {}).empty() && !run_again(handler, facts)) {
      study.warn(codes::lint_effect_apart, study.subject_of(index), study.topology.spot_of_step(index, i),
                 fmt::format("{} commits and then causes {}: a crash in between means it never happens", study.service_name(handler.service), what_is_repeated(study, index, i)),
                 "Store what is to be done in the transaction, and do it from there with an idempotency key.");
      return;
    }
    if (at.op != Op::commit || handler.trigger != Trigger::command || facts.caused.empty() || data_tables(study, facts.pending, {}).empty()) continue;
    const std::uint32_t effect = *facts.caused.begin();
    study.warn(codes::lint_effect_apart, study.subject_of(index), study.topology.spot_of_step(index, effect),
               fmt::format("{} causes {} before it commits: a crash in between leaves it without a record", study.service_name(handler.service), what_is_repeated(study, index, effect)),
               "Record first what is to be done, and do it from there with an idempotency key.");
    return;
  }
}

void fire_and_forget(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    if (handler.program.code[i].op != Op::publish) continue;
    const PublishSpec& publish = handler.program.publishes[handler.program.code[i].a];
    if (publish.confirm && !publish.swallow) continue;
    study.warn(codes::lint_fire_and_forget, study.subject_of(index), study.topology.spot_of_step(index, i),
               fmt::format("{} does not notice when \"{}\" fails", study.service_name(handler.service), study.label_of(index, i)),
               publish.confirm ? "An error is taken for success (\"swallow\"): the event is lost and nobody knows." : "It goes on without the broker's answer (\"confirm\": false): the event may be lost and nobody knows.");
    return;
  }
}

void retries_for_ever(Study& study, std::uint32_t index) {
  const Handler& handler = study.system.handlers[index];
  if (handler.trigger != Trigger::message || handler.settlement != Settlement::after || handler.retry.max_attempts != 0) return;
  for (std::uint32_t i = 0; i < handler.program.code.size(); ++i) {
    const Instruction& at = handler.program.code[i];
    const Facts& facts = study.handlers[index].at(i);
    if (!facts.reached) continue;
    const bool fails = at.op == Op::fail && !handler.program.fails[at.a].poison;
    const bool aborts = at.op == Op::insert && handler.program.inserts[at.a].on_conflict == OnConflict::error && study.handlers[index].recognises(handler.program.inserts[at.a]) &&
                        (facts.transaction == none || handler.program.transactions[facts.transaction].on_abort == none);
    if (!fails && !aborts) continue;
    study.warn(codes::lint_retry_for_ever, study.subject_of(index), study.topology.spot_of_step(index, i),
               fmt::format("{} retries {} for ever when \"{}\" {}", study.service_name(handler.service), study.message_name(handler.message), study.label_of(index, i),
                           fails ? "fails each time" : "finds its row: a duplicate never gets through"),
               "The messages behind it wait as long. Give \"retry\": { \"attempts\": 5 }, so that it ends in the dead letters, or handle the case.");
    return;
  }
}

}  // namespace

void lint_handlers(Study& study) {
  for (std::uint32_t i = 0; i < study.system.handlers.size(); ++i) {
    if (!study.is_reached(NodeKind::handler, i)) continue;  // what never runs breaks nothing
    duplicates(study, i);
    dual_writes(study, i);
    effects_apart(study, i);
    fire_and_forget(study, i);
    retries_for_ever(study, i);
  }
}

}  // namespace flowtank::topology
