// SPDX-License-Identifier: Apache-2.0
// What the World knows about each expression before it runs one. Most expressions of handlers are a
// constant, a variable, or fields of a variable (`event.data.order_id`): these need no evaluator, no
// temporary objects and no interning. Everything else names the slots that it reads, so that only those
// are filled. Invariant: a plan gives what expr::evaluate would give, or says that it cannot.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/base/value.hpp>
#include <sim/expr/program.hpp>

#include "sim/world/program.hpp"

namespace flowtank {

struct ExpressionPlan {
  enum class Form : std::uint8_t { general, constant, slot, path };
  struct Step {
    std::uint32_t record = none;  // record id expected; of a step by name, the one met last
    std::uint32_t field = 0;
    bool by_name = false;
    std::string_view name;
  };

  Form form = Form::general;
  std::uint32_t slot = none;       // slot and path
  Word word = absent_word;         // constant
  std::vector<Step> steps;         // path
  std::vector<std::uint32_t> reads;  // slots, ascending
  const expr::TypeTable* types = nullptr;

  static ExpressionPlan of(const expr::Program& program, Pool& pool) {
    ExpressionPlan plan;
    plan.reads = program.slots();
    plan.types = &program.types();
    const Value constant = program.constant();
    if (constant.kind > Kind::absent && constant.kind <= Kind::bytes) {
      plan.form = Form::constant;
      plan.word = pool.intern(constant);
    } else if (const auto slot = program.plain_slot()) {
      plan.form = Form::slot;
      plan.slot = *slot;
    } else if (const auto path = program.field_path()) {
      plan.form = Form::path;
      plan.slot = path->slot;
      for (const auto& step : path->steps) plan.steps.push_back({step.record, step.field, step.record == none, step.name});
    }
    return plan;
  }

  // Follows the path from the value of its slot; false when it is not what was expected (another record, no
  // record, no such field): then the evaluator says what that means.
  bool follow(Value from, Value& out) {
    for (Step& step : steps) {
      if (from.kind != Kind::record) return false;
      if (from.tag != step.record) {
        if (!step.by_name) return false;
        const auto field = types->record(from.tag).find(step.name);
        if (!field) return false;
        step.record = from.tag;
        step.field = *field;
      }
      if (step.field >= from.object->size) return false;
      from = from.items()[step.field];
      if (from.kind == Kind::absent) return false;
    }
    out = from;
    return true;
  }
};

}  // namespace flowtank
