// SPDX-License-Identifier: Apache-2.0
// Seeds per second of a small order/payment scenario on a naive C++ event loop (priority_queue of std::function):
// K orders sent once (10 % twice), each message delayed 1..100 ms, the payment service answers each, done when all are paid.
//   runs_cpp K RUNS
#include <functional>
#include <queue>
#include <vector>
#include "phold_common.hpp"
using namespace phold;
struct Ev { double t; uint64_t seq; std::function<void()> f; };
struct Later { bool operator()(const Ev& a, const Ev& b) const { return a.t != b.t ? a.t > b.t : a.seq > b.seq; } };
struct Sim { std::priority_queue<Ev, std::vector<Ev>, Later> q; double now = 0; uint64_t seq = 0;
    void at(double t, std::function<void()> f) { q.push({t, seq++, std::move(f)}); }
    bool step() { if (q.empty()) return false; Ev e = std::move(const_cast<Ev&>(q.top())); q.pop(); now = e.t; e.f(); return true; } };
struct World { Sim sim; Rng r; std::vector<int> charged, paid; int npaid = 0; uint64_t msgs = 0;
    World(uint64_t seed, int k) : r(seed), charged((size_t)k), paid((size_t)k) {}
    double lat() { return 0.001 + 0.099 * r.unit(); }
    void place(int k) { sim.at(sim.now + lat(), [this, k] { msgs++; charged[(size_t)k]++; sim.at(sim.now + lat(), [this, k] { msgs++; if (!paid[(size_t)k]) { paid[(size_t)k] = 1; npaid++; } }); }); } };
int main(int argc, char** argv) {
    int k = argc > 1 ? std::atoi(argv[1]) : 3; uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200000, bad = 0, msgs = 0;
    double c = secs(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t s = 0; s < runs; s++) { World w(s, k); for (int i = 0; i < k; i++) { w.place(i); if (w.r.unit() < 0.1) w.place(i); }
        while (w.npaid < k && w.sim.step()) {} bool b = false; for (int x : w.charged) b |= x > 1; bad += b; msgs += w.msgs; }
    c = secs(CLOCK_PROCESS_CPUTIME_ID) - c;
    std::printf("RESULT runs-cpp k=%d runs=%llu cpu=%.4f runs_per_s=%.0f msgs_per_s=%.0f bad=%llu\n", k, (unsigned long long)runs, c, (double)runs / c, (double)msgs / c, (unsigned long long)bad);
}
