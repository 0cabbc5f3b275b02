// SPDX-License-Identifier: Apache-2.0
// Five ways to broadcast one message from a to b and c in synchronous rounds, with losses and crashes: what is sent in round
// t arrives in t + 1 unless it is lost; losses happen in rounds before `eff` only; a crashed node sends nothing from its
// crash round on, but keeps what it gets. Each run gives the history of who holds the message at the end, so that the
// guided search can be held to enumerations of all fault sets.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <sim/lineage/guided.hpp>

namespace flowtank::lineage::models {

enum class Protocol : std::uint8_t { simple, retry, classic, redundant, ack };

struct Rounds {
  Protocol protocol = Protocol::simple;
  unsigned eot = 4;      // rounds 1..eot
  unsigned eff = 2;      // losses in rounds before it
  unsigned crashes = 0;  // at most
  // Planted bugs. This node relays nothing (3: all do); histories do not say what keeps this node's messages from arriving.
  unsigned silent = 3;
  unsigned forgotten = 3;
};

class Broadcast {
 public:
  static constexpr unsigned nodes = 3;
  explicit Broadcast(Rounds rounds) : r_(rounds) {
    for (unsigned from = 0; from < nodes; ++from) {
      for (unsigned to = 0; to < nodes; ++to) {
        if (from == to) continue;
        for (unsigned t = 1; t < r_.eff; ++t) {
          losses_.push_back({from, to, t});
        }
      }
    }
    for (unsigned n = 0; n < nodes && r_.crashes != 0; ++n) {
      for (unsigned t = 1; t <= r_.eot; ++t) crashes_.push_back({n, n, t});
    }
  }

  std::size_t fault_count() const { return losses_.size() + crashes_.size(); }
  std::string name(Fault fault) const {
    const Site& site = this->site(fault);
    const auto letter = [](unsigned n) { return std::string(1, static_cast<char>('a' + n)); };
    if (is_crash(fault)) return "crash " + letter(site.from) + " in " + std::to_string(site.round);
    return "lose " + letter(site.from) + letter(site.to) + " in " + std::to_string(site.round);
  }

  // At most so many crashes, one a node, and no loss where the sender sends nothing any more.
  bool allowed(const FaultSet& faults) const {
    std::array<unsigned, nodes> crash{};
    unsigned crashed = 0;
    for (const Fault fault : faults) {
      if (!is_crash(fault)) continue;
      if (crash[site(fault).from] != 0 || ++crashed > r_.crashes) return false;
      crash[site(fault).from] = site(fault).round;
    }
    for (const Fault fault : faults) {
      if (!is_crash(fault) && crash[site(fault).from] != 0 && crash[site(fault).from] <= site(fault).round) return false;
    }
    return true;
  }

  Run run(const FaultSet& faults, bool with_history = true) const { return Play(*this, faults, with_history).play(); }

  // Calls f(faults) for every fault set that can happen.
  void each_fault_set(const std::function<void(const FaultSet&)>& f) const {
    std::vector<FaultSet> crash_sets{{}};
    const auto first_crash = static_cast<Fault>(losses_.size());
    for (std::size_t n = 0; n < crash_sets.size(); ++n) {
      const FaultSet set = crash_sets[n];
      for (Fault c = set.empty() ? first_crash : set.back() + 1; c < fault_count(); ++c) {
        FaultSet more = set;
        more.push_back(c);
        if (allowed(more)) crash_sets.push_back(std::move(more));
      }
    }
    for (const FaultSet& set : crash_sets) {
      std::vector<Fault> free;
      for (Fault l = 0; l < losses_.size(); ++l) {
        if (allowed(joined({l}, set))) free.push_back(l);
      }
      for (std::uint64_t chosen = 0; chosen < std::uint64_t{1} << free.size(); ++chosen) {
        FaultSet all;
        for (std::size_t i = 0; i < free.size(); ++i) {
          if ((chosen >> i & 1) != 0) all.push_back(free[i]);
        }
        all.insert(all.end(), set.begin(), set.end());
        f(all);
      }
    }
  }

 private:
  struct Site {
    unsigned from, to, round;
  };
  bool is_crash(Fault fault) const { return fault >= losses_.size(); }
  const Site& site(Fault fault) const { return is_crash(fault) ? crashes_[fault - losses_.size()] : losses_[fault]; }

  // Nodes hold the message from a round on, or (classic) are told of it in a round and hold it in the next.
  class Play {
   public:
    Play(const Broadcast& of, const FaultSet& faults, bool with_history) : of_(of), faults_(faults), noting_(with_history) {
      crash_.fill(of.r_.eot + 1);
      for (const Fault fault : faults) {
        if (of.is_crash(fault)) crash_[of.site(fault).from] = of.site(fault).round;
      }
      for (auto& row : arrived_) row.assign(of.r_.eot + 2, {});
      for (auto& row : acked_) row.assign(of.r_.eot + 2, {});
      for (auto& row : holds_) row.assign(of.r_.eot + 2, none_);
    }

    Run play() {
      const Rounds& r = of_.r_;
      for (unsigned t = 1; t <= r.eot; ++t) {
        for (unsigned n = 0; n < nodes; ++n) hold(n, t);
        for (unsigned n = 0; n < nodes; ++n) send(n, t);
      }
      bool somebody = false, all = true;
      for (unsigned n = 0; n < nodes; ++n) {
        const bool has = holds_[n][r.eot] != none_;
        somebody = somebody || (has && n != 0 && crash_[n] > r.eot);
        all = all && has;
        run_.goals.push_back(has ? std::optional(holds_[n][r.eot]) : std::nullopt);
      }
      run_.goals.erase(run_.goals.begin());  // a has it from the beginning
      run_.violated = somebody && !all;
      return std::move(run_);
    }

   private:
    static constexpr History::Event none_ = 0xffffffffU;
    static constexpr History::Event unnoted_ = 0xfffffffeU;

    History::Event event(History::Needs needs, std::vector<Fault> prevented = {}) {
      return noting_ ? run_.history.add(needs, std::move(prevented)) : unnoted_;
    }
    void because(History::Event event, History::Event cause) {
      if (noting_ && cause != unnoted_) run_.history.because_of(event, cause);
    }

    // What was told or arrived in a round makes a node hold the message.
    void hold(unsigned n, unsigned t) {
      const bool classic = of_.r_.protocol == Protocol::classic;
      if (n == 0 && t == 1) {
        const History::Event begin = event(History::Needs::all);
        if (classic) arrived_[0][1] = {begin};
        else holds_[0][1] = begin;
        return;
      }
      std::vector<History::Event> causes = classic ? arrived_[n][t - 1] : arrived_[n][t];
      if (holds_[n][t - 1] != none_) causes.push_back(holds_[n][t - 1]);
      if (causes.empty()) return;
      holds_[n][t] = event(History::Needs::any);
      for (const History::Event cause : causes) because(holds_[n][t], cause);
    }

    void send(unsigned n, unsigned t) {
      const bool told = of_.r_.protocol == Protocol::classic;
      if (told ? arrived_[n][t].empty() : holds_[n][t] == none_) return;
      const bool only_a = of_.r_.protocol == Protocol::simple || of_.r_.protocol == Protocol::retry;
      if ((only_a && n != 0) || n == of_.r_.silent) return;
      if (of_.r_.protocol == Protocol::simple && t != 1) return;
      History::Event why = holds_[n][t];
      if (told) {
        why = event(History::Needs::any);
        for (const History::Event cause : arrived_[n][t]) because(why, cause);
      }
      for (unsigned to = 0; to < nodes; ++to) {
        if (to == n || (of_.r_.protocol == Protocol::ack && acked(n, to, t))) continue;
        const bool came = message(n, to, t, why, arrived_[to]);
        if (came && of_.r_.protocol == Protocol::ack) acknowledge(to, n, t + 1);
      }
    }
    bool acked(unsigned by, unsigned whom, unsigned t) const {
      for (unsigned at = 1; at <= t; ++at) {
        if (!acked_[by * nodes + whom][at].empty()) return true;
      }
      return false;
    }
    void acknowledge(unsigned from, unsigned to, unsigned t) {
      if (t < of_.r_.eot) message(from, to, t, unnoted_, acked_[to * nodes + from]);
    }

    // A message leaves in round t; did it arrive?
    bool message(unsigned from, unsigned to, unsigned t, History::Event why, std::vector<std::vector<History::Event>>& into) {
      if (crash_[from] <= t || t + 1 > of_.r_.eot) return false;
      std::vector<Fault> prevented;
      for (Fault f = 0; f < of_.fault_count(); ++f) {
        const Site& site = of_.site(f);
        const bool strikes = of_.is_crash(f) ? site.from == from && site.round <= t : site.from == from && site.to == to && site.round == t;
        if (!strikes) continue;
        if (contains(faults_, {f})) return false;
        if (noting_) prevented.push_back(f);
      }
      if (from == of_.r_.forgotten) prevented.clear();  // planted
      const History::Event arrival = event(History::Needs::all, std::move(prevented));
      because(arrival, why);
      into[t + 1].push_back(arrival);
      return true;
    }

    const Broadcast& of_;
    const FaultSet& faults_;
    bool noting_;
    Run run_;
    std::array<unsigned, nodes> crash_{};
    std::array<std::vector<History::Event>, nodes> holds_;                      // by round
    std::array<std::vector<std::vector<History::Event>>, nodes> arrived_;       // by round: what came
    std::array<std::vector<std::vector<History::Event>>, nodes * nodes> acked_; // by whom and round
  };

  Rounds r_;
  std::vector<Site> losses_, crashes_;
};

}  // namespace flowtank::lineage::models
