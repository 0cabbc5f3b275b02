// SPDX-License-Identifier: Apache-2.0
// Orders and payments over an at-least-once bus that delivers in any order: the model of
// tests/bench/peers/order_payment.pml, one transition for each of its atomic steps.
// K orders are placed; the bus may duplicate, drop and redeliver OrderPlaced; the payment service
// charges, tells the order service and acknowledges, and may crash in between, which puts its message
// back. Bags are counts of contents, so two equal copies are one action. The state is an array of small
// cells changed in place, with an undo log and a fingerprint that is a sum over cells.
#pragma once

#include <sim/explore/foreseeing_system.hpp>

#include <sim/base/check.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace flowtank::explore::models {

/// How the payment service guards against a message that it has handled before.
enum class Consumer : std::uint8_t {
  naive,       ///< charges on every delivery; emits and acknowledges in one step (IDEM=0)
  idempotent,  ///< charge and flag in one step (IDEM=1)
  split,       ///< the flag is set in a step of its own (IDEM=2)
};

struct OrderPaymentSettings {
  unsigned orders = 2;  // 1..8
  unsigned duplicates = 0;
  unsigned drops = 0;
  unsigned crashes = 0;
  Consumer consumer = Consumer::idempotent;
};

class OrderPayment {
 public:
  enum class Kind : std::uint8_t {
    place,      ///< the order service writes the order and sends OrderPlaced
    lease,      ///< the payment service takes a copy of OrderPlaced
    charge,     ///< ... its handler charges (and sets the flag, if both are one step)
    skip,       ///< ... its handler sees the flag and does not charge
    record,     ///< ... sets the flag in a step of its own
    emit,       ///< ... sends PaymentCompleted
    ack,        ///< ... acknowledges, idle again
    crash,      ///< ... loses its frame; the copy is back in the bag
    complete,   ///< the order service handles PaymentCompleted
    duplicate,  ///< the bus adds a copy of OrderPlaced
    drop,       ///< the bus sets a copy aside
    redeliver,  ///< and brings it back
  };
  struct Action {
    Kind kind = Kind::place;
    std::uint8_t order = 0;

    friend constexpr bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t log_size = 0;
    Fingerprint fingerprint = 0;
  };

  explicit OrderPayment(const OrderPaymentSettings& settings) : settings_(settings) {
    FLOWTANK_CHECK(settings.orders >= 1 && settings.orders <= max_orders &&
                       settings.orders + settings.duplicates + settings.crashes < values,
                   "order/payment settings within the range of a cell");
    for (std::size_t cell = 0; cell < cell_count; ++cell) {
      for (std::size_t value = 1; value < values; ++value) {
        shares_[cell][value] = fingerprint_share(cell, {value, 0});
      }
    }
    enter_initial(0);
  }

  // TransitionSystem
  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) {
    cells_.fill(0);
    cells_[dups] = static_cast<std::uint8_t>(settings_.duplicates);
    cells_[drops] = static_cast<std::uint8_t>(settings_.drops);
    cells_[crashes] = static_cast<std::uint8_t>(settings_.crashes);
    log_.clear();
    fingerprint_ = recompute_fingerprint();
  }

  /// Order: place; then order by order: complete, lease, duplicate, drop, redeliver; then the payment
  /// service's next step; then its crash.
  void enabled(std::vector<Action>& out) const {
    const auto add = [&](Kind kind, unsigned order) { out.push_back({kind, static_cast<std::uint8_t>(order)}); };
    if (cells_[next] < settings_.orders) {
      add(Kind::place, cells_[next]);
    }
    const bool idle = phase() == Phase::idle;
    for (unsigned k = 0; k < cells_[next]; ++k) {
      if (cell(k, completed) != 0) {
        add(Kind::complete, k);
      }
      if (cell(k, placed) != 0) {
        if (idle) {
          add(Kind::lease, k);
        }
        if (cells_[dups] != 0) {
          add(Kind::duplicate, k);
        }
        if (cells_[drops] != 0) {
          add(Kind::drop, k);
        }
      }
      if (cell(k, dropped) != 0) {
        add(Kind::redeliver, k);
      }
    }
    if (!idle) {
      add(next_step(), cells_[leased]);
      if (cells_[crashes] != 0 && may_crash()) {
        add(Kind::crash, cells_[leased]);
      }
    }
  }

  void apply(const Action& action) {
    const unsigned k = action.order;
    switch (action.kind) {
      case Kind::place:
        set(next, cells_[next] + 1U);
        increase(k, placed);
        break;
      case Kind::lease:
        decrease(k, placed);
        set(leased, k);
        set_phase(Phase::leased);
        break;
      case Kind::charge: charge(k); break;
      case Kind::skip: set_phase(Phase::recorded); break;
      case Kind::record:
        set(at(k, processed), 1);
        set_phase(Phase::recorded);
        break;
      case Kind::emit:
        increase(k, completed);
        guarded() ? set_phase(Phase::emitted) : become_idle();
        break;
      case Kind::ack: become_idle(); break;
      case Kind::crash:
        set(crashes, cells_[crashes] - 1U);
        increase(k, placed);
        become_idle();
        break;
      case Kind::complete:
        decrease(k, completed);
        set(at(k, paid), 1);
        break;
      case Kind::duplicate:
        set(dups, cells_[dups] - 1U);
        increase(k, placed);
        break;
      case Kind::drop:
        set(drops, cells_[drops] - 1U);
        decrease(k, placed);
        increase(k, dropped);
        break;
      case Kind::redeliver:
        decrease(k, dropped);
        increase(k, placed);
        break;
    }
  }

  Mark mark() const { return {log_.size(), fingerprint_}; }
  void undo(const Mark& mark) {
    for (std::size_t i = log_.size(); i-- > mark.log_size;) {
      cells_[log_[i].cell] = log_[i].old;
    }
    log_.resize(mark.log_size);
    fingerprint_ = mark.fingerprint;
  }
  Fingerprint fingerprint() const { return fingerprint_; }
  Fingerprint recompute_fingerprint() const {
    Fingerprint sum = 0;
    for (std::size_t c = 0; c < cell_count; ++c) {
      sum += shares_[c][cells_[c]];
    }
    return sum;
  }
  void encode(std::vector<std::byte>& out) const {
    for (std::size_t c = 0; c < cells_in_use(); ++c) {
      out.push_back(static_cast<std::byte>(cells_[c]));
    }
  }
  std::string describe(const Action& action) const {
    return std::string(name_of(action.kind)) + "(" + std::to_string(action.order) + ")";
  }
  static const char* name_of(Kind kind) {
    static constexpr const char* names[] = {"place", "lease", "charge",   "skip",      "record", "emit",
                                            "ack",   "crash", "complete", "duplicate", "drop",   "redeliver"};
    return names[static_cast<std::size_t>(kind)];
  }

  // DecomposedSystem: four shared components, the frame of the payment service, and five an order.
  std::uint32_t component_count() const { return shared_components + order_components * settings_.orders; }
  std::string component_name(std::uint32_t component) const {
    static constexpr const char* shared[] = {"next order", "duplicates left", "drops left", "crashes left",
                                             "payment service"};
    static constexpr const char* own[] = {"placed", "completed", "dropped", "payment row", "paid"};
    if (component < shared_components) {
      return shared[component];
    }
    const std::uint32_t index = component - shared_components;
    return std::string(own[index % order_components]) + "[" + std::to_string(index / order_components) + "]";
  }
  void footprint(const Action& action, std::vector<Access>& out) const {
    using enum AccessKind;
    enum Own : std::uint32_t { c_placed, c_completed, c_dropped, c_payment, c_paid };
    enum Shared : std::uint32_t { c_next, c_dups, c_drops, c_crashes, c_frame };
    const auto touch = [&](std::uint32_t component, AccessKind kind) { out.push_back({component, kind}); };
    const auto own = [&](Own component, AccessKind kind) {
      touch(shared_components + order_components * action.order + component, kind);
    };
    switch (action.kind) {
      case Kind::place: touch(c_next, write), own(c_placed, add); break;
      case Kind::lease: touch(c_frame, write), own(c_placed, take); break;
      case Kind::charge:
      case Kind::skip:
      case Kind::record: touch(c_frame, write), own(c_payment, write); break;
      case Kind::emit: touch(c_frame, write), own(c_completed, add); break;
      case Kind::ack: touch(c_frame, write); break;
      case Kind::crash: touch(c_frame, write), touch(c_crashes, take), own(c_placed, add); break;
      case Kind::complete: own(c_completed, take), own(c_paid, write); break;
      case Kind::duplicate: touch(c_dups, take), own(c_placed, test), own(c_placed, add); break;
      case Kind::drop: touch(c_drops, take), own(c_placed, take), own(c_dropped, add); break;
      case Kind::redeliver: own(c_dropped, take), own(c_placed, add); break;
    }
  }
  /// Equal copies are not told apart: the cause of a delivery is the latest action that put one there.
  void causal_parents(std::span<const Action> path, std::size_t position, std::vector<std::size_t>& out) const {
    const Action action = path[position];
    const auto causes = [&](const Action& earlier) {
      switch (action.kind) {
        case Kind::place: return false;
        case Kind::complete: return earlier.order == action.order && earlier.kind == Kind::emit;
        case Kind::redeliver: return earlier.order == action.order && earlier.kind == Kind::drop;
        case Kind::lease:
        case Kind::duplicate:
        case Kind::drop:
          return earlier.order == action.order && (earlier.kind == Kind::place || earlier.kind == Kind::crash ||
                                                   earlier.kind == Kind::duplicate || earlier.kind == Kind::redeliver);
        default: return earlier.kind >= Kind::lease && earlier.kind <= Kind::emit;
      }
    };
    for (std::size_t i = position; i-- > 0;) {
      if (causes(path[i])) {
        out.push_back(i);
        return;
      }
    }
  }

  // ForeseeingSystem: every kind for every order. What footprint() says holds in every state.
  std::uint32_t action_count() const { return kinds * settings_.orders; }
  Action action(std::uint32_t number) const {
    return {static_cast<Kind>(number % kinds), static_cast<std::uint8_t>(number / kinds)};
  }
  std::uint32_t action_number(const Action& action) const { return static_cast<std::uint32_t>(action.kind) + kinds * action.order; }
  void every_access(const Action& action, std::vector<Access>& out) const { footprint(action, out); }
  void blockers(const Action& action, std::vector<std::uint32_t>& out) const {
    enum Own : std::uint32_t { c_placed, c_completed, c_dropped };
    const unsigned k = action.order;
    const auto needs = [&](bool there, std::uint32_t component) {
      if (!there) out.push_back(component);
    };
    const auto own = [&](Own component) { return shared_components + order_components * k + component; };
    switch (action.kind) {
      case Kind::place: needs(cells_[next] == k, 0); break;
      case Kind::lease:
        needs(phase() == Phase::idle, 4);
        needs(cell(k, placed) != 0, own(c_placed));
        break;
      case Kind::complete: needs(cell(k, completed) != 0, own(c_completed)); break;
      case Kind::duplicate:
        needs(cells_[dups] != 0, 1);
        needs(cell(k, placed) != 0, own(c_placed));
        break;
      case Kind::drop:
        needs(cells_[drops] != 0, 2);
        needs(cell(k, placed) != 0, own(c_placed));
        break;
      case Kind::redeliver: needs(cell(k, dropped) != 0, own(c_dropped)); break;
      case Kind::crash:
        needs(cells_[crashes] != 0, 3);
        needs(phase() != Phase::idle && cells_[leased] == k && may_crash(), 4);
        break;
      default: needs(phase() != Phase::idle && cells_[leased] == k && next_step() == action.kind, 4); break;
    }
  }
  /// Orders are placed once, budgets are spent, and every handler run takes a copy: no state comes back.
  bool may_repeat(const Action&) const { return false; }
  static std::vector<std::uint32_t> payment_rows(unsigned orders) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t k = 0; k < orders; ++k) rows.push_back(shared_components + order_components * k + 3);
    return rows;
  }

  // HasEntities: orders are interchangeable. SumsEntities: the payment service's frame names one order, and every
  // other cell belongs to at most one.
  Fingerprint orbit_fingerprint() const {
    Fingerprint sum = 0;
    for (std::size_t c = 0; c < shared_cells; ++c) {
      if (c != leased) sum += shares_[c][cells_[c]];
    }
    for (unsigned k = 0; k < settings_.orders; ++k) {
      Fingerprint own = phase() != Phase::idle && cells_[leased] == k ? shares_[leased][1] : 0;
      for (unsigned field = 0; field < order_cells; ++field) own += shares_[at(0, field)][cell(k, field)];
      sum += fingerprint_share(cell_count, {static_cast<std::uint64_t>(own), static_cast<std::uint64_t>(own >> 64U)});
    }
    return sum;
  }
  std::uint32_t entity_count() const { return settings_.orders; }
  void encode_renamed(std::span<const std::uint32_t> names, std::vector<std::byte>& out) const {
    const std::size_t begin = out.size();
    encode(out);
    if (phase() != Phase::idle) {
      out[begin + leased] = static_cast<std::byte>(names[cells_[leased]]);
    }
    for (unsigned k = 0; k < settings_.orders; ++k) {
      for (unsigned field = 0; field < order_cells; ++field) {
        out[begin + at(names[k], field)] = static_cast<std::byte>(cell(k, field));
      }
    }
  }

  // What properties read.
  unsigned charges(unsigned order) const { return cell(order, charged); }
  bool charged_at_most_once() const {
    for (unsigned k = 0; k < settings_.orders; ++k) {
      if (charges(k) > 1) {
        return false;
      }
    }
    return true;
  }
  bool all_paid() const {
    for (unsigned k = 0; k < settings_.orders; ++k) {
      if (cell(k, paid) == 0) {
        return false;
      }
    }
    return true;
  }
  /// The assertion of the Promela model, evaluated right after `action`.
  bool assertion_holds_after(const Action& action) const {
    return action.kind != Kind::charge || charges(action.order) <= 1;
  }

 private:
  static constexpr unsigned max_orders = 8;
  static constexpr std::size_t values = 16;
  static constexpr std::uint32_t kinds = 12;
  static constexpr std::uint32_t shared_components = 5;
  static constexpr std::uint32_t order_components = 5;
  enum SharedCell : std::uint8_t { next, dups, drops, crashes, phase_cell, leased, shared_cells };
  enum OrderCell : std::uint8_t { placed, completed, dropped, charged, processed, paid, order_cells };
  static constexpr std::size_t cell_count = shared_cells + max_orders * order_cells;
  enum class Phase : std::uint8_t { idle, leased, charged, recorded, emitted };
  struct Record {
    std::uint8_t cell;
    std::uint8_t old;
  };

  static std::size_t at(unsigned order, unsigned field) { return shared_cells + order * order_cells + field; }
  std::size_t cells_in_use() const { return at(settings_.orders, 0); }
  std::uint8_t cell(unsigned order, unsigned field) const { return cells_[at(order, field)]; }
  Phase phase() const { return static_cast<Phase>(cells_[phase_cell]); }
  void set_phase(Phase phase) { set(phase_cell, static_cast<unsigned>(phase)); }
  void become_idle() {
    set_phase(Phase::idle);
    set(leased, 0);
  }
  void increase(unsigned order, unsigned field) { set(at(order, field), cell(order, field) + 1U); }
  void decrease(unsigned order, unsigned field) { set(at(order, field), cell(order, field) - 1U); }

  /// Every write of the model: logged for undo, counted in the fingerprint by difference.
  void set(std::size_t cell, unsigned value) {
    const std::uint8_t old = cells_[cell];
    log_.push_back({static_cast<std::uint8_t>(cell), old});
    fingerprint_ += shares_[cell][value] - shares_[cell][old];
    cells_[cell] = static_cast<std::uint8_t>(value);
  }

  Kind next_step() const {
    switch (phase()) {
      case Phase::charged: return guarded() ? Kind::record : Kind::emit;
      case Phase::recorded: return Kind::emit;
      case Phase::emitted: return Kind::ack;
      default: return guarded() && cell(cells_[leased], processed) != 0 ? Kind::skip : Kind::charge;
    }
  }
  bool guarded() const { return settings_.consumer != Consumer::naive; }
  bool may_crash() const { return guarded() && phase() >= Phase::charged; }
  void charge(unsigned k) {
    increase(k, charged);
    if (settings_.consumer == Consumer::idempotent) {
      set(at(k, processed), 1);
      set_phase(Phase::recorded);
    } else {
      set_phase(Phase::charged);
    }
  }

  OrderPaymentSettings settings_;
  std::array<std::uint8_t, cell_count> cells_{};
  std::array<std::array<Fingerprint, values>, cell_count> shares_{};
  Fingerprint fingerprint_ = 0;
  std::vector<Record> log_;
};

static_assert(ForeseeingSystem<OrderPayment> && SumsEntities<OrderPayment>);

}  // namespace flowtank::explore::models
