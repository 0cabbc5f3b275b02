// SPDX-License-Identifier: Apache-2.0
// Plain C++ baselines of PHOLD: what a user would write in an afternoon, and an estimate of the limit.
//   phold_cpp KIND N M EVENTS    KIND: pq | func | heap4 | heap4r | ladder
#include <algorithm>
#include <cstring>
#include <functional>
#include <queue>
#include <string>
#include <vector>
#include "phold_common.hpp"
using namespace phold;

// --- pq: std::priority_queue of {double t; u64 seq; u32 lp}
struct Ev { double t; uint64_t seq; uint32_t lp; };
struct Later { bool operator()(const Ev& a, const Ev& b) const { return a.t != b.t ? a.t > b.t : a.seq > b.seq; } };
static void run_pq(const Args& a) {
    Rng r(42); std::vector<uint64_t> cnt(a.n); uint64_t seq = 0, done = 0;
    std::priority_queue<Ev, std::vector<Ev>, Later> q;
    for (uint32_t i = 0; i < a.n; i++) for (uint32_t j = 0; j < a.m; j++) q.push({r.delay(), seq++, i});
    Stopwatch s; s.start();
    while (done < a.events) {
        Ev e = q.top(); q.pop();
        cnt[e.lp]++; done++;
        uint32_t d = r.lp(a.n);
        q.push({e.t + r.delay(), seq++, d});
    }
    s.report("cpp-pq", a, done, cnt[0]);
}
// --- func: std::priority_queue of {double t; u64 seq; std::function<void()>}
struct FEv { double t; uint64_t seq; std::function<void()> f; };
struct FLater { bool operator()(const FEv& a, const FEv& b) const { return a.t != b.t ? a.t > b.t : a.seq > b.seq; } };
struct FSim {
    std::priority_queue<FEv, std::vector<FEv>, FLater> q; double now = 0; uint64_t seq = 0;
    void at(double t, std::function<void()> f) { q.push({t, seq++, std::move(f)}); }
    void step() { FEv e = std::move(const_cast<FEv&>(q.top())); q.pop(); now = e.t; e.f(); }
};
struct FWorld { FSim sim; Rng r{42}; std::vector<uint64_t> cnt; uint32_t n; uint64_t payload = 7;
    void hit(uint32_t lp, uint64_t p, uint64_t q) { cnt[lp]++; uint32_t d = r.lp(n); sim.at(sim.now + r.delay(), [this, d, p, q] { hit(d, p, q); }); } };
static void run_func(const Args& a) {
    FWorld w; w.cnt.resize(a.n); w.n = a.n; uint64_t done = 0;
    for (uint32_t i = 0; i < a.n; i++) for (uint32_t j = 0; j < a.m; j++) w.sim.at(w.r.delay(), [&w, i] { w.hit(i, 1, 2); });
    Stopwatch s; s.start();
    while (done < a.events) { w.sim.step(); done++; }
    s.report("cpp-func", a, done, w.cnt[0]);
}
// --- heap4 / heap4r: 4-ary heap of 16-byte keys; time as integer ticks, seq and lp packed in the second word
struct Key { uint64_t t, sl; };
static inline bool lt(const Key& a, const Key& b) {
    return (((unsigned __int128)a.t << 64) | a.sl) < (((unsigned __int128)b.t << 64) | b.sl);
}
struct Heap4 {
    std::vector<Key> mem; Key* h; size_t n = 0;
    explicit Heap4(size_t cap) : mem(cap + 16) {      // children groups of 4 keys start on a 64-byte line
        uintptr_t p = (uintptr_t)mem.data(); p = (p + 63) & ~(uintptr_t)63; h = (Key*)p + 3; }
    void push(Key k) { size_t i = n++; while (i) { size_t p = (i - 1) >> 2; if (!lt(k, h[p])) break; h[i] = h[p]; i = p; } h[i] = k; }
    void down(size_t i, Key k) {
        for (;;) { size_t c = 4 * i + 1; if (c + 3 < n) {
                size_t x = c + lt(h[c + 1], h[c]), y = c + 2 + lt(h[c + 3], h[c + 2]); size_t m = lt(h[y], h[x]) ? y : x;
                if (!lt(h[m], k)) break; h[i] = h[m]; i = m;
            } else { if (c >= n) break; size_t m = c; for (size_t j = c + 1; j < n; j++) if (lt(h[j], h[m])) m = j;
                if (!lt(h[m], k)) break; h[i] = h[m]; i = m; } }
        h[i] = k; }
    Key pop() { Key r = h[0]; Key l = h[--n]; if (n) down(0, l); return r; }
    void replace(Key k) { down(0, k); }
};
static inline uint64_t ticks(double d) { return (uint64_t)(d * 1e9); }
template <bool Replace> static void run_heap4(const Args& a) {
    Rng r(42); std::vector<uint64_t> cnt(a.n); uint64_t seq = 0, done = 0; Heap4 q((size_t)a.n * a.m + 8);
    for (uint32_t i = 0; i < a.n; i++) for (uint32_t j = 0; j < a.m; j++) q.push({ticks(r.delay()), (seq++ << 24) | i});
    Stopwatch s; s.start();
    while (done < a.events) {
        Key e; if constexpr (Replace) e = q.h[0]; else e = q.pop();
        cnt[e.sl & 0xffffff]++; done++;
        uint32_t d = r.lp(a.n); Key k{e.t + ticks(r.delay()), (seq++ << 24) | d};
        if constexpr (Replace) q.replace(k); else q.push(k);
    }
    s.report(Replace ? "cpp-heap4r" : "cpp-heap4", a, done, cnt[0]);
}
// --- ladder: fixed-width buckets over a ring (width tuned to the population), each sorted when reached
struct Ring {
    std::vector<std::vector<Key>> b; uint64_t shift, cur = 0; std::vector<Key> now; size_t pos = 0; Heap4 late;
    Ring(size_t buckets, uint64_t sh) : b(buckets), shift(sh), late(1 << 16) {}
    void push(Key k) { uint64_t x = k.t >> shift;
        if (x <= cur) { late.push(k); return; }            // into the bucket that is being drained
        b[x & (b.size() - 1)].push_back(k); }              // (a key of a later lap just waits there)
    Key pop() {
        for (;;) {
            if (pos < now.size()) { if (late.n && lt(late.h[0], now[pos])) return late.pop(); return now[pos++]; }
            if (late.n) return late.pop();
            now.clear(); pos = 0; cur++; auto& v = b[cur & (b.size() - 1)]; now.swap(v);
            // keys of a later lap stay in the bucket
            size_t w = 0; for (size_t i = 0; i < now.size(); i++) if ((now[i].t >> shift) == cur) now[w++] = now[i]; else v.push_back(now[i]);
            now.resize(w);
            if (w <= 24) { for (size_t i = 1; i < w; i++) { Key k = now[i]; size_t j = i; while (j && lt(k, now[j - 1])) { now[j] = now[j - 1]; j--; } now[j] = k; } }
            else std::sort(now.begin(), now.end(), lt);
        } }
};
static void run_ladder(const Args& a) {
    Rng r(42); std::vector<uint64_t> cnt(a.n); uint64_t seq = 0, done = 0; double pop = (double)a.n * a.m;
    const char* pb = std::getenv("PER_BUCKET");            // events per bucket: few while the ring fits the cache, more beyond
    uint64_t sh = 0; double want = (pb ? std::atof(pb) : pop > 200000 ? 512.0 : 16.0) * 1e9 * 1.1 / pop; while ((double)(1ull << (sh + 1)) <= want) sh++;
    size_t nb = 1; while ((double)nb * (double)(1ull << sh) < 16e9) nb <<= 1;
    Ring q(nb, sh);
    for (uint32_t i = 0; i < a.n; i++) for (uint32_t j = 0; j < a.m; j++) q.push({ticks(r.delay()), (seq++ << 24) | i});
    uint64_t warm = 20 * (uint64_t)pop > 4000000 ? 4000000 : 20 * (uint64_t)pop; uint64_t last = 0, bad = 0;
    auto step = [&] { Key e = q.pop(); bad += e.t < last; last = e.t; cnt[e.sl & 0xffffff]++; uint32_t d = r.lp(a.n); q.push({e.t + ticks(r.delay()), (seq++ << 24) | d}); };
    for (uint64_t i = 0; i < warm; i++) step();
    Stopwatch s; s.start();
    while (done < a.events) { step(); done++; }
    s.report("cpp-ladder", a, done, bad);
}
int main(int argc, char** argv) {
    std::string k = argc > 1 ? argv[1] : "pq"; Args a(argc - 1, argv + 1);
    if (k == "pq") run_pq(a); else if (k == "func") run_func(a); else if (k == "heap4") run_heap4<false>(a);
    else if (k == "heap4r") run_heap4<true>(a); else if (k == "ladder") run_ladder(a); else return 2;
}
