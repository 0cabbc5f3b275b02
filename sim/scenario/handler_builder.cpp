// SPDX-License-Identifier: Apache-2.0
// See handler_builder.hpp. This part holds what all steps share: the verbs, labels, locals, jumps.
#include "sim/scenario/handler_builder.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace flowtank::loading {

HandlerBuilder::HandlerBuilder(Builder& builder, ServiceScope& scope, expr::Environment environment, bool has_message)
    : builder_(builder), reading_(builder.reading), scope_(scope), expressions_(builder.expressions),
      environment_(std::move(environment)), has_message_(has_message) {}

const std::vector<HandlerBuilder::Verb>& HandlerBuilder::verbs() {
  static const std::vector<Verb> all{
      {"transaction", &HandlerBuilder::transaction}, {"insert", &HandlerBuilder::insert},
      {"update", &HandlerBuilder::update},           {"delete", &HandlerBuilder::erase},
      {"rollback", &HandlerBuilder::rollback},       {"let", &HandlerBuilder::let},
      {"if", &HandlerBuilder::branch},               {"for", &HandlerBuilder::each},
      {"choose", &HandlerBuilder::choose},           {"publish", &HandlerBuilder::publish},
      {"outbox", &HandlerBuilder::outbox},           {"effect", &HandlerBuilder::effect},
      {"call", &HandlerBuilder::call},               {"reply", &HandlerBuilder::reply},
      {"ack", &HandlerBuilder::ack},                 {"nack", &HandlerBuilder::nack},
      {"timer", &HandlerBuilder::set_timer},         {"cancel_timer", &HandlerBuilder::cancel_timer},
      {"wait", &HandlerBuilder::wait},               {"fail", &HandlerBuilder::fail},
      {"stop", &HandlerBuilder::stop}};
  return all;
}

Program HandlerBuilder::build(const Place& list, const Place& handler) {
  if (list && reading_.is_list(list, "steps")) steps(list);
  land(to_end_);
  Step last;
  last.label = has_message_ ? "settle" : "end";
  last.file = reading_.file_of(*handler.node);
  last.where = handler.node->where;
  last.pointer = handler.pointer;
  program_.steps.push_back(std::move(last));
  emit(Op::end, static_cast<std::uint32_t>(program_.steps.size() - 1));
  return std::move(program_);
}

void HandlerBuilder::steps(const Place& list) {
  for (std::size_t i = 0; i < list.node->items.size() && !too_long_; ++i) {
    const Place place = list.at(i);
    if (reading_.is_object(place, "a step") && is_included(reading_, place)) step(place);
  }
}

void HandlerBuilder::step(const Place& place) {
  const Verb* verb = nullptr;
  std::vector<std::string> names;
  for (const Verb& candidate : verbs()) {
    names.emplace_back(candidate.name);
    const JsonMember* member = place.node->find_member(candidate.name);
    // An update may have a condition, so "if" is a verb only where nothing else is.
    if (!member || (verb && verb->name == "update" && candidate.name == "if")) continue;
    if (verb) {
      reading_.error_at_key(codes::key_step, place, *member, fmt::format("a step does one thing, but this one has {} and {}", verb->name, candidate.name),
                            "Write two steps.");
      return;
    }
    verb = &candidate;
  }
  if (!verb) {
    std::string hint;
    for (const JsonMember& member : place.node->members) {
      if (const auto close = closest_name(member.key, names); close && hint.empty()) hint = "Did you mean \"" + *close + "\"? ";
    }
    reading_.error(codes::key_step, place, "the step does not say what to do", hint + "One of: " + fmt::format("{}", fmt::join(names, ", ")));
    return;
  }
  Open open{Fields(reading_, place, fmt::format("a step \"{}\"", verb->name)), std::string(verb->name), "", none, false, none, false};
  open.fields.allow("only");
  open.fields.allow("doc");
  open.label = open.fields.text("label");
  open.business = open.fields.boolean("business", false);
  if (const Place says = open.fields.find("says")) open.says = expressions_.value_of(says, environment_, expr::types::string, "\"says\"").id;
  (this->*verb->lower)(open);
  open.fields.finish();
}

std::uint32_t HandlerBuilder::emit(Op op, std::uint32_t step, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  if (program_.code.size() >= builder_.options.limits.instructions) too_long_ = true;
  program_.code.push_back({op, step, a, b, c});
  return here() - 1;
}

void HandlerBuilder::land(const Jumps& jumps) {
  for (const std::uint32_t jump : jumps) program_.code[jump].a = here();
}

std::uint32_t HandlerBuilder::step_index(Open& open, const std::string& label) {
  if (open.index != none) return open.index;
  const Place& place = open.fields.place();
  open.index = add(program_.steps, Step{open.label.empty() ? label : open.label, open.says, open.business,
                                        reading_.file_of(*place.node), place.node->where, place.pointer});
  return open.index;
}

std::uint32_t HandlerBuilder::extra_step(const Open& open, std::string label, bool business) {
  const Place& place = open.fields.place();
  return add(program_.steps, Step{std::move(label), none, business, reading_.file_of(*place.node), place.node->where, place.pointer});
}

std::uint32_t HandlerBuilder::local(const std::string& name) {
  const auto found = locals_.find(name);
  if (found != locals_.end()) return found->second;
  const auto index = static_cast<std::uint32_t>(program_.locals.size());
  program_.locals.push_back(name);
  locals_.emplace(name, index);
  return index;
}

std::uint32_t HandlerBuilder::declare_local(const std::string& name, expr::Type type, const Place& place) {
  constexpr std::array taken{"event", "command", "timer", "now", "attempt", "instance", "row", "db", "options"};
  if (!is_cel_name(name) || name[0] == '_' || std::find(taken.begin(), taken.end(), name) != taken.end()) {
    reading_.error(codes::key_name, place, in_quotes(name) + " cannot be the name of a local value",
                   "Letters, digits and _, a letter first, and none of the names that exist already.");
  }
  const bool again = locals_.count(name) != 0;
  const std::uint32_t index = local(name);
  const std::uint32_t slot = slot_local0 + index;
  if (again) {
    const expr::Declaration* before = environment_.find(name);
    if (before && !(before->type == type)) type = expr::types::dyn;
  }
  environment_.declare(name, type, slot);
  return index;
}

std::string HandlerBuilder::fresh_local(expr::Type type) {
  std::string name = fmt::format("_{}", ++fresh_);
  environment_.declare(name, type, slot_local0 + local(name));
  return name;
}

ExprId HandlerBuilder::lifted(Open& open, const Compiled& compiled) {
  if (!compiled || !compiled.reads_tables) return compiled.id;
  const std::string name = fresh_local(compiled.type);
  emit(in_transaction_ ? Op::statement_let : Op::read, extra_step(open, "read for " + (open.label.empty() ? open.verb : open.label)),
       local(name), compiled.id);
  return expressions_.generated(name, open.fields.place(), environment_).id;
}

ExprId HandlerBuilder::value(Open& open, const Place& place, expr::Type expected, const std::string& what, bool statement) {
  const Compiled compiled = expressions_.value_of(place, environment_, expected, what);
  return statement ? compiled.id : lifted(open, compiled);
}

std::uint32_t HandlerBuilder::table_named(Open&, const Place& place) {
  const auto name = reading_.text(place);
  if (!name) return none;
  const auto found = scope_.tables.find(*name);
  if (found != scope_.tables.end()) return found->second;
  reading_.unknown_name(codes::ref_table, place, "table", *name, names_of(scope_.tables), "Tables");
  return none;
}

std::uint32_t HandlerBuilder::message_named(const Place& place, bool command) {
  const auto name = reading_.text(place);
  if (!name) return none;
  const Names& known = command ? builder_.messages : scope_.messages;
  std::vector<std::string> candidates;
  for (const auto& [candidate, index] : known) {
    if (builder_.system->messages[index].command != command) continue;
    if (candidate == *name) return index;
    candidates.push_back(candidate);
  }
  reading_.unknown_name(codes::ref_message, place, command ? "command" : "event", *name, candidates, command ? "Commands" : "Events");
  return none;
}

std::optional<std::uint32_t> HandlerBuilder::timer_named(const Place& place) {
  const auto name = reading_.text(place);
  if (!name) return std::nullopt;
  const auto found = scope_.timers.find(*name);
  if (found != scope_.timers.end()) return found->second;
  reading_.unknown_name(codes::ref_timer, place, "timer", *name, names_of(scope_.timers), "Timers");
  return std::nullopt;
}

}  // namespace flowtank::loading
