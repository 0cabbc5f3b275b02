// SPDX-License-Identifier: Apache-2.0
// causal_order: what caused an event is applied before it, by every consumer that takes both. The cause of an
// event or command is the message that the run handled which made it; causes go on over as many services as
// there are. A poll has no cause, so what it makes itself (not what others left in an outbox) has none.
//
// Who caused whom follows from contents (ids derive from causes) and is kept outside of the state. Monitor
// (consumer, id): applied, or overtaken: a consequence was applied while this one was not.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/application.hpp"

namespace flowtank {
namespace {

class CausalOrderRule final : public ApplicationRule {
 public:
  using ApplicationRule::ApplicationRule;

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::events); }

  void made(World& world, const Actor& actor, Word message) override {
    Node& made = node(world, message);
    if (actor.input == absent_word || made.cause != none || system_.handlers[actor.handler].trigger == Trigger::timer) return;
    const std::uint32_t cause = node_number(world, actor.input);
    const std::uint32_t number = node_number(world, message);
    // An id that its author chose may lead back to itself.
    for (std::uint32_t at = cause; at != none; at = nodes_[at].cause) {
      if (at == number) return;
    }
    nodes_[number].cause = cause;
  }

  std::string why_vacuous() const override { return "no consumer applied an event and one of its causes"; }

 protected:
  void applies(World& world, std::uint32_t service, Word message) override {
    const Word id = id_of(world, message);
    if (state_of(world, service, id) == overtaken) {
      triggered_ = true;
      latch(world, numbered(world, service, id), [&] { return inversion(world, service, message); });
    }
    const std::uint32_t number = node_number(world, message);
    for (std::uint32_t at = nodes_[number].cause; at != none; at = nodes_[at].cause) {
      if (!takes(world, service, nodes_[at].message)) continue;
      const Word cause = id_of(world, nodes_[at].message);
      const std::uint64_t state = state_of(world, service, cause);
      if (state == applied) triggered_ = true;
      if (state != 0) continue;
      set_state_of(world, service, cause, overtaken);
      nodes_[at].overtaken_by = number;
    }
  }

  void started(World& world, bool forget) override {
    LatchedRule::started(world, forget);
    if (!forget) return;
    index_.clear();
    nodes_.clear();
  }

 private:
  struct Node {
    Word message = absent_word;
    std::uint32_t cause = none;         // index in nodes_
    std::uint32_t overtaken_by = none;  // the consequence that came first, for evidence
  };

  std::uint32_t node_number(World& world, Word message) {
    const Word id = id_of(world, message);
    if (const std::uint32_t at = index_.find(id)) return at - 1;
    nodes_.push_back({});
    nodes_.back().message = message;
    index_.put(id, static_cast<std::uint32_t>(nodes_.size()));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  Node& node(World& world, Word message) { return nodes_[node_number(world, message)]; }

  bool takes(const World& world, std::uint32_t service, Word message) const {
    for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
      if (system_.subscriptions[s].service == service && selects(world, s, message)) return true;
    }
    return false;
  }

  KeyEvidence inversion(World& world, std::uint32_t service, Word message) {
    const std::uint32_t cause = node_number(world, message);
    const std::uint32_t consequence = nodes_[cause].overtaken_by;
    std::string path;
    for (std::uint32_t at = consequence; at != none; at = nodes_[at].cause) {
      path = message_name(world, nodes_[at].message) + (path.empty() ? "" : " -> ") + path;
      if (at == cause) break;
    }
    KeyEvidence e;
    e.key = key_text(world, key_of(world, message));
    e.subject = service_name(service);
    e.before = consequence == none ? "a consequence" : message_name(world, nodes_[consequence].message);
    e.after = message_name(world, message);
    e.allowed = "causes first";
    e.sentence = fmt::format("{}: {} applied {} only after {}, which it caused ({})", e.key, service_name(service), e.after,
                             e.before, path);
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  WordIndex index_;  // id -> index in nodes_ + 1
  std::vector<Node> nodes_;
};

}  // namespace

std::unique_ptr<Rule> make_causal_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<CausalOrderRule>(system, spec, index);
}

}  // namespace flowtank
