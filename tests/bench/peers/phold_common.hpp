// SPDX-License-Identifier: Apache-2.0
// Shared by the PHOLD benchmark programs: one RNG, one clock, one result line.
#pragma once
#include <sys/resource.h>
#include <time.h>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace phold {
constexpr double kLookahead = 0.1;
struct Rng {                       // xorshift64*-style mix (splitmix64)
    uint64_t s;
    explicit Rng(uint64_t seed = 1) : s(seed) {}
    uint64_t next() {
        uint64_t z = (s += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    double unit() { return (double)((next() >> 11) + 1) * 0x1.0p-53; }   // (0,1]
    double delay() { return kLookahead - std::log(unit()); }            // lookahead + exp(mean 1)
    uint32_t lp(uint32_t n) { return (uint32_t)(((next() >> 32) * n) >> 32); }
};
inline double secs(clockid_t c) {
    timespec t;
    clock_gettime(c, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
struct Args {
    uint32_t n = 1024, m = 16;
    uint64_t events = 5000000;
    Args(int argc, char** argv) {
        if (argc > 1) n = (uint32_t)std::strtoul(argv[1], nullptr, 10);
        if (argc > 2) m = (uint32_t)std::strtoul(argv[2], nullptr, 10);
        if (argc > 3) events = std::strtoull(argv[3], nullptr, 10);
    }
};
struct Stopwatch {                 // run phase only
    double w0, c0;
    void start() { w0 = secs(CLOCK_MONOTONIC); c0 = secs(CLOCK_PROCESS_CPUTIME_ID); }
    void report(const char* name, const Args& a, uint64_t done, uint64_t check) {
        double w = secs(CLOCK_MONOTONIC) - w0, c = secs(CLOCK_PROCESS_CPUTIME_ID) - c0;
        rusage u;
        getrusage(RUSAGE_SELF, &u);
        std::printf("RESULT %s n=%u m=%u events=%llu wall=%.4f cpu=%.4f evps_wall=%.0f evps_cpu=%.0f rss_mb=%.1f check=%llu\n",
                    name, a.n, a.m, (unsigned long long)done, w, c, (double)done / w, (double)done / c,
                    (double)u.ru_maxrss / 1024.0, (unsigned long long)check);
        std::fflush(stdout);
    }
};
}  // namespace phold
