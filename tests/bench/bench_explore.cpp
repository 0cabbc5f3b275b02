// SPDX-License-Identifier: Apache-2.0
// The explorer without reductions against SPIN without reductions, on the same model with the same
// atomic steps (peers/order_payment.pml and tests/explore/models/order_payment.hpp): K orders, two
// duplicates, one drop, two crashes. Both are compiled for this machine's defaults, run in turn on one
// core, and are compared by stored states per CPU second, set-up included. SPIN is looked for at run
// time; without it the figures are printed without a ratio.
#include "tests/bench/bench.hpp"
#include "tests/bench/spin.hpp"
#include "tests/explore/models/order_payment.hpp"

#include <sim/explore/breadth_first.hpp>
#include <sim/explore/depth_first.hpp>
#include <sim/explore/parallel_search.hpp>
#include <sim/explore/reduced_search.hpp>

#include <chrono>
#include <cstdio>
#include <deque>
#include <string>

namespace {

using flowtank::explore::models::Consumer;
using flowtank::explore::models::OrderPayment;
namespace explore = flowtank::explore;
namespace bench = flowtank::bench;
using bench::SpinVerifier;

using Outcome = explore::Outcome<OrderPayment::Action>;

/// A proof with reductions: seconds of CPU, and how many states were stored.
struct Proof {
  double seconds = 0;
  std::uint64_t states = 0;
  bool holds = false;
};

Proof prove(unsigned orders, const explore::Reduction& reduction) {
  const double start = bench::cpu_seconds();
  OrderPayment system({orders, 2, 1, 2, Consumer::idempotent});
  explore::ReducibleProperty<OrderPayment> once(explore::Property<OrderPayment>::always(
      "charged at most once", [](const OrderPayment& state) { return state.charged_at_most_once(); }));
  explore::ReducibleProperty<OrderPayment> paid(
      explore::Property<OrderPayment>::terminal("all paid", [](const OrderPayment& state) { return state.all_paid(); }));
  const std::vector<explore::ReducibleProperty<OrderPayment>> asked = {
      std::move(once).reading(OrderPayment::payment_rows(orders)).symmetric_in_entities(), std::move(paid).symmetric_in_entities()};
  const auto outcome = explore::reduced_search(system, asked, {}, reduction);
  return {bench::cpu_seconds() - start, outcome.states, outcome.complete && !outcome.decisions[0].found() && !outcome.decisions[1].found()};
}

/// SPIN proves five orders in 29.7 CPU seconds with its best setting (-O2 -DSAFETY -DNOREDUCE), measured once on the
/// machine of the recorded figures: too long to repeat each time. Its speed at four orders tells machines apart.
constexpr double spin_k5_seconds = 29.7, spin_k4_states_per_second = 693'000;

bool print_proofs(double spin_rate) {
  struct Line { const char* name; explore::Reduction reduction; };
  const Line lines[] = {{"partial_order", {true, false, false}}, {"partial_order_unstored", {true, false, true}},
                        {"symmetry", {false, true, false}}, {"partial_order_symmetry", {true, true, false}},
                        {"all", {true, true, true}}};
  bool hold = true;
  for (const Line& line : lines) {
    const Proof four = prove(4, line.reduction), five = prove(5, line.reduction);
    hold = hold && four.holds && five.holds;
    const std::string name = std::string("explore_reduced_") + line.name;
    bench::print_figure(name + "_k4_states", static_cast<double>(four.states), "states",
                        2'029'675.0 / static_cast<double>(four.states), "unreduced_over_it");
    bench::print_figure(name + "_k5_states", static_cast<double>(five.states), "states",
                        15'431'131.0 / static_cast<double>(five.states), "unreduced_over_it");
    const double spin_seconds = spin_k5_seconds * (spin_rate > 0 ? spin_k4_states_per_second / spin_rate : 1.0);
    bench::print_figure(name + "_k5_proof", five.seconds * 1e3, "ms", spin_seconds / five.seconds, "spin_k5_proof_over_it");
  }
  return hold;
}

/// Undoes what bench::start() did: everything else is measured on one core.
void use_all_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (unsigned core = 0; core < std::max(1U, std::thread::hardware_concurrency()) && core < CPU_SETSIZE; ++core) CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

/// Seconds on the wall of a breadth first search by so many threads, each with a system of its own; the best of `rounds`.
double wall_seconds(unsigned orders, std::size_t threads, int rounds, std::uint64_t expected) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    std::deque<OrderPayment> systems;
    std::vector<explore::ParallelWorker<OrderPayment>> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      workers.push_back({&systems.emplace_back(explore::models::OrderPaymentSettings{orders, 2, 1, 2, Consumer::idempotent}),
                         {explore::Property<OrderPayment>::always("charged at most once", [](const OrderPayment& state) { return state.charged_at_most_once(); })}});
    }
    const auto start = std::chrono::steady_clock::now();
    const auto states = threads == 1 ? explore::breadth_first(systems.front(), workers.front().properties).states
                                     : explore::parallel_breadth_first(workers).states;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (states != expected) return 0;
    best = best == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

explore::Property<OrderPayment> charged_at_most_once() {
  return explore::Property<OrderPayment>::transition(
      "charged at most once",
      [](const OrderPayment& state, const OrderPayment::Action& action) { return state.assertion_holds_after(action); });
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const unsigned orders = options.size(4U, 3U);
  const std::uint64_t expected = options.size<std::uint64_t>(2'029'675, 221'145);
  const std::string name = "explore_order_payment_k" + std::to_string(orders);
  const SpinVerifier spin({.orders = orders});
  Outcome depth_first;
  Outcome breadth_first;
  const explore::Property<OrderPayment> invariant = explore::Property<OrderPayment>::always(
      "charged at most once", [](const OrderPayment& state) { return state.charged_at_most_once(); });

  // As SPIN checks its assertion, both of ours check the invariant in every state.
  std::vector<bench::Kernel> kernels = {
      {"depth first",
       [&] {
         return bench::per_cpu_second([&] {
           OrderPayment system({orders, 2, 1, 2, Consumer::idempotent});
           depth_first = explore::depth_first(system, {invariant});
           return depth_first.states;
         });
       }},
      {"breadth first",
       [&] {
         return bench::per_cpu_second([&] {
           OrderPayment system({orders, 2, 1, 2, Consumer::idempotent});
           breadth_first = explore::breadth_first(system, {invariant});
           return breadth_first.states;
         });
       }},
      {"first counterexample",
       [&] {
         const double start = bench::cpu_seconds();
         OrderPayment system({orders, 2, 1, 2, Consumer::naive});
         const auto outcome = explore::breadth_first(system, {charged_at_most_once()});
         const double milliseconds = 1e3 * (bench::cpu_seconds() - start);
         return outcome.decisions[0].witness.actions.size() == 7 ? milliseconds : 0;
       }},
  };
  if (spin.ready()) {
    kernels.push_back({"spin", [&] { return spin.states_per_second(expected + 1); }});
  } else {
    std::printf("SPIN (Debian packages spin and gcc) is not there: figures without a ratio\n");
  }

  const std::vector<bench::Samples> samples = bench::run_interleaved(kernels, options.rounds);
  if (depth_first.states != expected || breadth_first.states != expected) {
    std::fprintf(stderr, "wrong number of states: %llu depth first, %llu breadth first, expected %llu\n",
                 static_cast<unsigned long long>(depth_first.states),
                 static_cast<unsigned long long>(breadth_first.states), static_cast<unsigned long long>(expected));
    return 3;
  }
  const auto bytes_each = [&](std::size_t bytes) { return static_cast<double>(bytes) / static_cast<double>(expected); };
  if (spin.ready()) {
    bench::print_figure("spin_noreduce_k" + std::to_string(orders), samples[3].value(), "states/s");
    bench::print_figure(name, samples[0].value(), "states/s", bench::ratio(samples[0], samples[3]), "spin_noreduce");
    bench::print_figure(name + "_bfs", samples[1].value(), "states/s", bench::ratio(samples[1], samples[3]),
                        "spin_noreduce");
  } else {
    bench::print_figure(name, samples[0].value(), "states/s");
    bench::print_figure(name + "_bfs", samples[1].value(), "states/s");
  }
  bench::print_figure(name + "_bytes", bytes_each(depth_first.bytes), "bytes/state");
  bench::print_figure(name + "_bfs_bytes", bytes_each(breadth_first.bytes), "bytes/state");
  bench::print_figure("explore_first_counterexample", samples[2].value(), "ms");
  if (!print_proofs(spin.ready() ? samples[3].value() : 0)) {
    std::fprintf(stderr, "a reduced search did not prove what holds\n");
    return 3;
  }
  // On the wall and on all cores, so only a quiet machine with two of them shows what two threads are worth.
  use_all_cores();
  const double one = wall_seconds(orders, 1, options.rounds, expected), two = wall_seconds(orders, 2, options.rounds, expected);
  if (one <= 0 || two <= 0) {
    std::fprintf(stderr, "two threads counted other states than one\n");
    return 3;
  }
  bench::print_figure(name + "_two_threads", static_cast<double>(expected) / two, "states/s", one / two, "one_thread_wall");
  return 0;
}
