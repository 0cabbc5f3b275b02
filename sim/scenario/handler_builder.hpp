// SPDX-License-Identifier: Apache-2.0
// Lowers the steps of one handler to its flat Program: structure becomes jumps, expressions that read
// tables become visible reads, and everything else keeps its order. Reading a table outside of a transaction
// is a step of its own, because anything may come in between; inside of one it is a statement.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sim/world/program.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

class HandlerBuilder {
 public:
  // `environment` has db.*, options.* and the input; locals are added as steps declare them.
  HandlerBuilder(Builder& builder, ServiceScope& scope, expr::Environment environment, bool has_message);

  // Lowers a list of steps and ends the program.
  Program build(const Place& steps, const Place& handler);

 private:
  // A step being lowered: its common keys are read; its entry in Program::steps is made on first use.
  struct Open {
    Fields fields;
    std::string verb;
    std::string label;
    ExprId says = none;
    bool business = false;
    std::uint32_t index = none;
    bool own = false;  // a single statement in a transaction of its own
  };
  struct Verb {
    std::string_view name;
    void (HandlerBuilder::*lower)(Open&);
  };
  static const std::vector<Verb>& verbs();

  // Jumps whose target is not known yet.
  using Jumps = std::vector<std::uint32_t>;
  // Steps that are lowered after the transaction that can jump to them.
  struct Aside {
    std::function<void(std::uint32_t)> set_target;
    Place steps;
  };
  struct TransactionScope {
    Jumps to_end;
    std::vector<Aside> asides;
  };

  void steps(const Place& list);
  void step(const Place& place);

  void transaction(Open& open);
  void insert(Open& open);
  void update(Open& open);
  void erase(Open& open);
  void rollback(Open& open);
  void let(Open& open);
  void branch(Open& open);
  void each(Open& open);
  void choose(Open& open);
  void publish(Open& open);
  void outbox(Open& open);
  void effect(Open& open);
  void call(Open& open);
  void reply(Open& open);
  void ack(Open& open);
  void nack(Open& open);
  void set_timer(Open& open);
  void cancel_timer(Open& open);
  void wait(Open& open);
  void fail(Open& open);
  void stop(Open& open);

  void insert_row(Open& open, std::uint32_t table, const std::string& label, std::vector<ExprId> columns);
  void on_conflict(Open& open, InsertSpec& spec, std::uint32_t index_of_insert);
  std::vector<ExprId> row_columns(Open& open, const Place& row, std::uint32_t table);
  std::vector<ExprId> data_fields(Open& open, const Place& data, std::uint32_t message);
  void assignments(const Place& list, bool increment, std::uint32_t table, const expr::Environment& with_row, UpdateSpec& spec);
  // Makes an event into a fresh local; returns the name of the local.
  std::string make_event(Open& open, std::uint32_t message);
  void publish_event(Open& open, ExprId event, const std::string& label);

  // A single statement outside of a transaction runs in one of its own.
  void begin_own(Open& open, const std::string& label);
  void end_own(Open& open);
  std::uint32_t statement_step(Open& open, const std::string& label);
  void begin_transaction(std::uint32_t step, Isolation isolation);
  void finish_transaction();  // asides, then the end

  std::uint32_t emit(Op op, std::uint32_t step, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0);
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }
  void land(const Jumps& jumps);
  std::uint32_t step_index(Open& open, const std::string& label);
  std::uint32_t extra_step(const Open& open, std::string label, bool business = false);
  std::uint32_t local(const std::string& name);
  std::uint32_t declare_local(const std::string& name, expr::Type type, const Place& place);
  std::string fresh_local(expr::Type type);
  // The value, read into a local first if it reads tables and `statement` is false.
  ExprId value(Open& open, const Place& place, expr::Type expected, const std::string& what, bool statement);
  ExprId delay(Open& open, const Place& given);
  ExprId lifted(Open& open, const Compiled& compiled);
  std::uint32_t table_named(Open& open, const Place& place);
  std::uint32_t message_named(const Place& place, bool command);
  std::optional<std::uint32_t> timer_named(const Place& place);
  template <typename Spec>
  std::uint32_t add(std::vector<Spec>& list, Spec spec) {
    list.push_back(std::move(spec));
    return static_cast<std::uint32_t>(list.size() - 1);
  }

  Builder& builder_;
  Reading& reading_;
  ServiceScope& scope_;
  Expressions& expressions_;
  expr::Environment environment_;
  Program program_;
  std::map<std::string, std::uint32_t, std::less<>> locals_;
  std::vector<TransactionScope> transactions_;  // at most one open; a stack for asides
  bool in_transaction_ = false;
  Jumps to_end_;
  bool has_message_;
  bool too_long_ = false;
  std::uint32_t fresh_ = 0;
};

}  // namespace flowtank::loading
