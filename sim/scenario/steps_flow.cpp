// SPDX-License-Identifier: Apache-2.0
// Steps that decide and repeat: let, if, for, choose, wait, fail, stop. All loops run over a list that is
// computed once, so every handler ends.
#include <fmt/format.h>

#include "sim/scenario/handler_builder.hpp"

namespace flowtank::loading {

void HandlerBuilder::let(Open& open) {
  const Place list = open.fields.object("let");
  if (!list) return;
  for (const JsonMember& member : list.node->members) {
    const Place place = list.at(member);
    const Compiled compiled = expressions_.value(place, environment_);
    const std::uint32_t index = declare_local(member.key, compiled.type, place);
    const Op op = !compiled.reads_tables ? Op::let : in_transaction_ ? Op::statement_let : Op::read;
    emit(op, step_index(open, (compiled.reads_tables ? "read " : "let ") + member.key), index, compiled.id);
  }
}

void HandlerBuilder::branch(Open& open) {
  const Place place = open.fields.require("if");
  const Place then_steps = open.fields.list("then");
  const Place else_steps = open.fields.list("else");
  if (!then_steps && !else_steps) reading_.error(codes::key_missing, open.fields.place(), "an \"if\" needs \"then\" or \"else\"");
  if (!place) return;
  const ExprId condition = lifted(open, expressions_.condition(place, environment_));
  const std::uint32_t step = step_index(open, "if");
  Jumps otherwise{emit(Op::branch, step, 0, condition)};
  if (then_steps) steps(then_steps);
  if (else_steps) {
    const Jumps past{emit(Op::jump, step)};
    land(otherwise);
    steps(else_steps);
    land(past);
  } else {
    land(otherwise);
  }
}

void HandlerBuilder::each(Open& open) {
  const Place name_place = open.fields.require("for");
  const Place list = open.fields.require("in");
  const Place body = open.fields.list("do");
  if (!body) open.fields.require("do");
  if (!name_place || !list || !body) return;
  const Compiled compiled = expressions_.formula(list, environment_);
  expr::Type item = expr::types::dyn;
  if (compiled) {
    const expr::TypeKind kind = builder_.types->kind(compiled.type);
    if (kind == expr::TypeKind::list) {
      item = builder_.types->element(compiled.type);
    } else if (kind != expr::TypeKind::dyn) {
      reading_.error(codes::type_expression, list, "a loop runs over a list, but this is of type " + builder_.types->name(compiled.type),
                     kind == expr::TypeKind::map ? "rows(t) is the list of the rows of a table." : "");
    }
  }
  const ExprId elements = lifted(open, compiled);
  const std::uint32_t step = step_index(open, "for");
  EachSpec spec;
  spec.list_local = local(fresh_local(expr::types::dyn));
  spec.position_local = local(fresh_local(expr::types::dyn));
  if (const auto name = reading_.text(name_place)) spec.item_local = declare_local(*name, item, name_place);
  const auto index = add(program_.eaches, spec);
  emit(Op::loop_start, step, spec.list_local, elements, spec.position_local);
  const std::uint32_t next = emit(Op::loop_next, step, index);
  steps(body);
  emit(Op::jump, step, next);
  program_.eaches[index].past = here();
}

void HandlerBuilder::choose(Open& open) {
  const Place name_place = open.fields.require("choose");
  const Place from = open.fields.require("from");
  const Place weights = open.fields.list("weights");
  const auto name = name_place ? reading_.text(name_place) : std::nullopt;
  if (!name || !from) return;
  ChooseSpec spec;
  expr::Type type = expr::types::dyn;
  const auto option = [&](const Compiled& compiled) {
    type = spec.options.empty() ? compiled.type : builder_.types->join(type, compiled.type);
    spec.options.push_back(lifted(open, compiled));
  };
  constexpr std::int64_t most_weight = 1'000'000;
  if (from.node->is(JsonKind::object)) {
    // {"ok": 9, "declined": 1}: outcomes that are words, with their weights.
    for (const JsonMember& member : from.node->members) {
      JsonNode word = member.value;
      word.kind = JsonKind::string;
      word.text = member.key;
      option(expressions_.value({&word, pointer_to(from.pointer, member.key)}, environment_));
      spec.weights.push_back(static_cast<std::uint32_t>(reading_.integer(from.at(member), 0, most_weight).value_or(1)));
    }
  } else if (reading_.is_list(from, "outcomes")) {
    for (std::size_t i = 0; i < from.node->items.size(); ++i) option(expressions_.value(from.at(i), environment_));
    spec.weights.assign(spec.options.size(), 1);
    if (weights && weights.node->items.size() == spec.weights.size()) {
      for (std::size_t i = 0; i < spec.weights.size(); ++i) {
        spec.weights[i] = static_cast<std::uint32_t>(reading_.integer(weights.at(i), 0, most_weight).value_or(1));
      }
    } else if (weights) {
      reading_.error(codes::range_number, weights, fmt::format("there are {} outcomes, but {} weights", spec.weights.size(), weights.node->items.size()));
    }
  }
  if (spec.options.empty()) {
    reading_.error(codes::key_missing, from, "there is no outcome to choose");
    return;
  }
  spec.local = declare_local(*name, type, name_place);
  emit(Op::choose, step_index(open, "choose " + *name), add(program_.chooses, std::move(spec)));
}

void HandlerBuilder::wait(Open& open) {
  const Place place = open.fields.require("wait");
  if (!place) return;
  if (in_transaction_ && program_.transactions.back().isolation == Isolation::serializable) {
    reading_.warning(codes::model_step_place, place, "a serializable transaction runs as one action: this wait takes no time", "Wait before or after the transaction, or choose another isolation.");
  }
  const std::uint32_t distribution = builder_.distribution(place);
  emit(Op::wait, step_index(open, "wait"), add(program_.waits, WaitSpec{distribution}));
}

void HandlerBuilder::fail(Open& open) {
  const Place place = open.fields.require("fail");
  FailSpec spec;
  spec.poison = open.fields.boolean("poison", false);
  if (place) spec.reason = value(open, place, expr::types::string, "\"fail\"", false);
  emit(Op::fail, step_index(open, "fail"), add(program_.fails, spec));
}

void HandlerBuilder::stop(Open& open) {
  open.fields.boolean("stop", true);
  const std::uint32_t step = step_index(open, "stop");
  if (in_transaction_) emit(Op::rollback, step);
  to_end_.push_back(emit(Op::jump, step));
}

}  // namespace flowtank::loading
