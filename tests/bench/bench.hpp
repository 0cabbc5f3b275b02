// SPDX-License-Identifier: Apache-2.0
// The measuring kit of all benchmarks: a CPU clock, peak memory, an interleaved median runner and
// the BENCH line.
//
// Machines drift (frequency, neighbours), so two numbers taken minutes apart say little about each
// other. Therefore kernels are measured in rounds, each round runs every kernel once, in turn, on
// one core; a figure is the median over rounds, and a ratio is the median of the quotients of the
// same round, never the quotient of two medians. Only this folder and cli/ may read a clock;
// nothing here asserts on time.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::bench {

// CPU seconds this process has used so far (all threads, user and system).
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Largest resident set of this process so far, in bytes. It never falls: measure the small case
// first.
inline std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

// Keeps this process, and every peer it starts, on the core it runs on now. Failing to is not an
// error.
inline void pin_to_one_core() {
  const int core = sched_getcpu();
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Tells the optimiser that `value` is used, so that the work that computed it stays.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Units of work per CPU second: runs `work` once; it returns how many units it did.
template <class Work>
double per_cpu_second(Work&& work) {
  const double start = cpu_seconds();
  const auto units = static_cast<double>(work());
  return units / std::max(cpu_seconds() - start, 1e-9);
}

// CPU nanoseconds per unit of work: runs `work` once; it returns how many units it did.
template <class Work>
double cpu_ns_each(Work&& work) {
  return 1e9 / per_cpu_second(std::forward<Work>(work));
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// One thing to measure. `measure` sets up, runs and tears down, and returns the figure of this
// round (usually from per_cpu_second, or the figure that a peer program printed, see peer.hpp).
struct Kernel {
  std::string name;
  std::function<double()> measure;
};

// The figures of one kernel, one per round, in order of rounds.
struct Samples {
  std::string name;
  std::vector<double> rounds;
  double value() const { return median(rounds); }
};

// Runs every kernel once a round, in the given order; returns samples in the order of `kernels`.
inline std::vector<Samples> run_interleaved(const std::vector<Kernel>& kernels, int rounds) {
  std::vector<Samples> samples;
  for (const Kernel& kernel : kernels) samples.push_back({kernel.name, {}});
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      samples[i].rounds.push_back(kernels[i].measure());
    }
  }
  return samples;
}

// How `ours` compares with `peer`: the median of ours/peer taken round by round. 0 when nothing was
// measured. For costs (nanoseconds each, bytes) pass them the other way round, so that larger is
// always better.
inline double ratio(const Samples& ours, const Samples& peer) {
  std::vector<double> quotients;
  for (std::size_t i = 0; i < std::min(ours.rounds.size(), peer.rounds.size()); ++i) {
    if (peer.rounds[i] > 0) quotients.push_back(ours.rounds[i] / peer.rounds[i]);
  }
  return median(std::move(quotients));
}

// What the command line may ask of any benchmark: --rounds N, and --quick (small sizes, one round:
// a smoke test that ctest runs under sanitizers too; keep it under a second or two).
struct Options {
  int rounds = 5;
  bool quick = false;
  // The full size, or with --quick the small one.
  template <class T>
  T size(T full, T small) const {
    return quick ? small : full;
  }
};

// Reads the options and pins the process to one core. Ends the program with exit 2 on anything
// unknown.
inline Options start(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") {
      options.quick = true;
      options.rounds = 1;
    } else if (argument == "--rounds" && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      options.rounds = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: %s [--rounds N] [--quick]\n", argv[0]);
      std::exit(2);
    }
  }
  pin_to_one_core();
  return options;
}

// Prints "BENCH <name> <value> <unit>"; names are snake_case without spaces, for example phold_64.
inline void print_figure(std::string_view name, double value, std::string_view unit) {
  std::printf("BENCH %.*s %.*f %.*s\n", static_cast<int>(name.size()), name.data(),
              value >= 100 ? 0 : 3, value, static_cast<int>(unit.size()), unit.data());
  std::fflush(stdout);
}

// Prints "BENCH <name> <value> <unit> ratio=<ratio> of=<peer>"; a ratio above 1 means better than
// the peer.
inline void print_figure(std::string_view name, double value, std::string_view unit,
                         double ratio_to_peer, std::string_view peer) {
  std::printf("BENCH %.*s %.*f %.*s ratio=%.3f of=%.*s\n", static_cast<int>(name.size()),
              name.data(), value >= 100 ? 0 : 3, value, static_cast<int>(unit.size()), unit.data(),
              ratio_to_peer, static_cast<int>(peer.size()), peer.data());
  std::fflush(stdout);
}

}  // namespace flowtank::bench
