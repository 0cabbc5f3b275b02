// SPDX-License-Identifier: Apache-2.0
// PHOLD on the event queue, as a user of it would write it: typed messages, a handler per type
// called through a table, total order (time, sequence), integer nanoseconds. N logical processes
// with M messages each; every message picks a uniform process and is sent on after 0.1 s + exp(mean
// 1 s).
//
// Generator and order of draws are those of the peer (peers/phold_cpp.cpp), so the same number of
// messages must have hit process 0: the program fails when the check values differ, and a figure
// therefore always compares the same work.
#include <fmt/format.h>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "sim/world/event_queue.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/peer.hpp"
#include "tests/bench/peers/phold_common.hpp"

namespace {

using flowtank::Duration;
using flowtank::EventQueue;
using flowtank::Time;
namespace bench = flowtank::bench;

enum class MessageType : std::uint32_t { hit, stop };

struct Message {
  MessageType type;
  std::uint32_t to;
};

// A simulation of message handlers: one function a message type.
class Model {
 public:
  Model(std::uint32_t processes, std::uint32_t messages_each) : hits_(processes), generator_(42) {
    for (std::uint32_t process = 0; process < processes; ++process) {
      for (std::uint32_t i = 0; i < messages_each; ++i) send(delay(), {MessageType::hit, process});
    }
  }

  // Handles `events` messages.
  void run(std::uint64_t events) {
    using Handler = void (Model::*)(const Message&);
    static constexpr Handler handlers[] = {&Model::on_hit, &Model::on_stop};
    for (std::uint64_t done = 0; done < events && !stopped_; ++done) {
      const auto event = queue_.pop();
      now_ = event.time;
      (this->*handlers[static_cast<std::uint32_t>(event.payload.type)])(event.payload);
    }
  }

  std::uint64_t check() const { return hits_[0]; }
  double bytes_per_event() const {
    return static_cast<double>(queue_.memory_bytes()) / static_cast<double>(queue_.size());
  }

 private:
  void on_hit(const Message& message) {
    ++hits_[message.to];
    const std::uint32_t to = generator_.lp(static_cast<std::uint32_t>(hits_.size()));
    send(delay(), {MessageType::hit, to});
  }

  void on_stop(const Message&) { stopped_ = true; }

  Duration delay() { return Duration(static_cast<std::int64_t>(generator_.delay() * 1e9)); }
  void send(Duration after, const Message& message) { queue_.push(now_ + after, message); }

  EventQueue<Message> queue_;
  Time now_;
  std::vector<std::uint64_t> hits_;
  phold::Rng generator_;
  bool stopped_ = false;
};

struct Population {
  const char* name;
  std::uint32_t processes;
  std::uint32_t messages_each;
  std::uint64_t events;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::start(argc, argv);
  const std::vector<Population> populations = {
      {"phold_64", 64, 1, options.size<std::uint64_t>(6'000'000, 20'000)},
      {"phold_16384", options.size<std::uint32_t>(1024, 256), 16,
       options.size<std::uint64_t>(6'000'000, 20'000)},
      {"phold_1000000", options.size<std::uint32_t>(62'500, 625), 16,
       options.size<std::uint64_t>(6'000'000, 40'000)},
  };
  bool same_work = true;
  double bytes_per_event = 0;
  for (const Population& p : populations) {
    std::uint64_t check = 0;
    std::uint64_t peer_check = 0;
    const auto samples = bench::run_interleaved(
        {{p.name,
          [&] {
            // On the heap and gone before the next kernel, as in the peer, which is a process of
            // its own.
            const auto model = std::make_unique<Model>(p.processes, p.messages_each);
            const double rate = bench::per_cpu_second([&] {
              model->run(p.events);
              return p.events;
            });
            check = model->check();
            bytes_per_event = model->bytes_per_event();
            return rate / 1e6;
          }},
         {"phold_cpp_pq",
          [&] {
            const auto run = bench::run_peer(bench::peer_command(
                "phold_cpp", fmt::format("pq {} {} {}", p.processes, p.messages_each, p.events)));
            peer_check = static_cast<std::uint64_t>(bench::peer_figure(run, "check"));
            return bench::peer_figure(run, "evps_cpu") / 1e6;
          }}},
        options.rounds);
    same_work = same_work && check == peer_check;
    fmt::print("{}: check {} (peer {}), {:.1f} bytes a pending event\n", p.name, check, peer_check,
               bytes_per_event);
    bench::print_figure(p.name, samples[0].value(), "Mev/s", bench::ratio(samples[0], samples[1]),
                        "phold_cpp_pq");
  }
  bench::print_figure("pending_event_bytes", bytes_per_event, "bytes");
  if (!same_work) fmt::print(stderr, "the trajectories differ from the peer's\n");
  return same_work ? 0 : 1;
}
