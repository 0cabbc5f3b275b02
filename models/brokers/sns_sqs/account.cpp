// SPDX-License-Identifier: Apache-2.0
// See account.hpp: queues and what moves between them. Receiving is in account_receive.cpp. Rules of a single queue are in
// queue.cpp; here is what SQS checks of a call, and what it answers.
#include "models/brokers/sns_sqs/account.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::sns_sqs {
namespace {

constexpr std::int64_t longest_visibility_ns = 43'200 * second_ns;
constexpr auto queue_scopes = static_cast<std::uint8_t>(Scope::queue);

}  // namespace

Account::Stored* Account::find(const std::string& name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : found->second.get();
}

bool Account::is_fifo(const std::string& name) const {
  const Stored* stored = find(name);
  return stored != nullptr && stored->settings.rules.fifo;
}

std::int64_t Account::wait_s(const std::string& name) const {
  const Stored* stored = find(name);
  return stored == nullptr ? 0 : stored->settings.wait_s;
}

template <typename F>
void Account::each_node(const Stored& stored, F&& f) const {
  std::vector<Queue::Node> nodes;
  for (Queue::Lane lane = 0; lane < stored.queue.lanes(); ++lane) {
    stored.queue.each_visible(cells_, lane, [&](Queue::Node node) { nodes.push_back(node); });
    stored.queue.each_away(cells_, lane, [&](Queue::Node node) { nodes.push_back(node); });
  }
  std::sort(nodes.begin(), nodes.end(), [&](Queue::Node a, Queue::Node b) { return stored.queue.sequence(cells_, a) < stored.queue.sequence(cells_, b); });
  for (const Queue::Node node : nodes) f(node);
}

Message& Account::message_of(const Stored& stored, Queue::Node node) {
  return messages_[static_cast<std::size_t>(pool_.value(stored.queue.message(cells_, node)).i)];
}
const Message& Account::message_of(const Stored& stored, Queue::Node node) const {
  return messages_[static_cast<std::size_t>(pool_.value(stored.queue.message(cells_, node)).i)];
}

std::uint64_t Account::draw() { return mix64(mix64(seed_) + ++draws_); }
bool Account::drawn(std::int64_t ppm) { return ppm > 0 && draw() % 1'000'000 < static_cast<std::uint64_t>(ppm); }

// ---- queues ----------------------------------------------------------------------------------------------------

std::string Account::configure(Stored& stored, std::vector<Setting> attributes, std::int64_t now, bool is_new) {
  Diagnostics diagnostics;
  refuse_unknown(attributes, queue_scopes, "queues", {}, diagnostics);
  if (!diagnostics.ok()) return "InvalidAttributeName";
  const QueueSettings settings = read_queue(attributes, {}, diagnostics);
  if (!diagnostics.ok()) return diagnostics.all().front().code.starts_with("FT-SQS-") ? "InvalidParameterValue" : "InvalidAttributeValue";
  if (!is_new && settings.rules.fifo != stored.settings.rules.fifo) return "InvalidAttributeValue";
  if (settings.rules.max_receives != 0) {
    const Stored* target = find(settings.dead_letter_queue);
    // SQS-DLQ-1: it exists, and is of the same type.
    if (target == nullptr || target->settings.rules.fifo != settings.rules.fifo) return "InvalidParameterValue";
  }
  const std::int64_t old_delay = stored.settings.rules.delay;
  stored.settings = settings;
  stored.attributes = std::move(attributes);
  stored.queue.change(settings.rules);
  if (is_new || !settings.rules.fifo || old_delay == settings.rules.delay) return {};
  // SQS-DELAY-1: in a FIFO queue a changed delay holds for what is already there.
  each_node(stored, [&](Queue::Node node) {
    if (stored.queue.state(cells_, node) != Queue::State::visible || stored.queue.count(cells_, node) != 0) return;
    stored.queue.set_until(cells_, node, std::max(now, stored.queue.sent(cells_, node) + settings.rules.delay));
  });
  return {};
}

std::string Account::create_queue(const std::string& name, std::span<const Setting> attributes, std::int64_t now) {
  if (name.empty()) return "MissingParameter";
  std::vector<Setting> all(attributes.begin(), attributes.end());
  if (Stored* known = find(name)) {
    const bool same = known->attributes.size() == all.size() && std::equal(all.begin(), all.end(), known->attributes.begin(), [](const Setting& a, const Setting& b) { return a.key == b.key && a.text == b.text; });
    return same ? "" : "QueueNameExists";
  }
  auto stored = std::make_unique<Stored>();
  stored->name = name;
  if (std::string error = configure(*stored, std::move(all), now, true); !error.empty()) return error;
  stored->queue.build(cells_, ++queues_made_, stored->settings.rules);
  queues_.emplace(name, std::move(stored));
  return {};
}

std::string Account::set_attributes(const std::string& name, std::span<const Setting> attributes, std::int64_t now) {
  Stored* stored = find(name);
  if (stored == nullptr) return "QueueDoesNotExist";
  std::vector<Setting> all = stored->attributes;
  for (const Setting& setting : attributes) {
    const auto known = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.key == setting.key; });
    if (known != all.end()) *known = setting;
    else all.push_back(setting);
  }
  return configure(*stored, std::move(all), now, false);
}

std::string Account::delete_queue(const std::string& name) { return queues_.erase(name) != 0 ? "" : "QueueDoesNotExist"; }

// ---- send ------------------------------------------------------------------------------------------------------

std::string Account::refuses(const Stored& stored, const SendRequest& request) const {
  const bool fifo = stored.settings.rules.fifo;
  if (request.body.empty()) return "MissingParameter";
  std::size_t bytes = request.body.size();
  for (const auto& [name, value] : request.attributes.members) bytes += name.size() + to_text(value).size();
  if (bytes > static_cast<std::size_t>(stored.settings.most_bytes)) return "InvalidParameterValue";
  if (request.delay_s && (fifo || *request.delay_s < 0 || *request.delay_s > 900)) return "InvalidParameterValue";  // SQS-FIFO-8, SQS-DELAY-1
  if (!fifo) return request.dedup_id ? "InvalidParameterValue" : "";
  if (!request.group || request.group->empty()) return "MissingParameter";                                     // SQS-FIFO-1
  if (!request.dedup_id && !stored.settings.content_based) return "InvalidParameterValue";                     // SQS-DEDUP-1
  return {};
}

SendAnswer Account::send(const std::string& name, const SendRequest& request, std::int64_t now) {
  Stored* stored = find(name);
  if (stored == nullptr) return {"QueueDoesNotExist", {}, {}};
  if (std::string error = refuses(*stored, request); !error.empty()) return {std::move(error), {}, {}};
  advance(now);
  Message message;
  message.body = request.body;
  message.attributes = request.attributes;
  message.group = request.group.value_or("");
  message.source = name;
  if (stored->settings.rules.fifo) {
    // Equal bodies have equal hashes; attributes are ignored (SQS-DEDUP-1).
    message.dedup_id = request.dedup_id ? *request.dedup_id : "sha256 of " + request.body;
    const std::string scope = stored->settings.dedup_by_group ? message.group + "\n" : "\n";
    const Word id = pool_.intern_string(scope + message.dedup_id);
    const std::uint64_t* earlier = stored->window.accepted_before(cells_, pool_, id, now, messages_.size());
    if (earlier != nullptr) return {"", messages_[*earlier].id, messages_[*earlier].sequence_number};
    message.sequence_number = fmt::format("{:020}", ++sequence_numbers_);
  }
  message.id = fmt::format("message-{}", ++ids_);
  SendAnswer answer{"", message.id, message.sequence_number};
  const std::int64_t delay = request.delay_s ? *request.delay_s * second_ns : stored->settings.rules.delay;  // SQS-DELAY-1
  store(*stored, std::move(message), now, now + delay, now, 0);
  return answer;
}

void Account::store(Stored& stored, Message message, std::int64_t sent, std::int64_t visible_at, std::int64_t now, std::uint32_t received) {
  const Word word = Pool::of_int_small(static_cast<std::int64_t>(messages_.size()));
  const Queue::Lane lane = stored.queue.lane_of(cells_, pool_, pool_.intern_string(message.group));
  messages_.push_back(std::move(message));
  stored.queue.store(cells_, pool_, lane, word, sent, visible_at, now, received);
}

// ---- time, dead letters, redrive -------------------------------------------------------------------------------

void Account::expire(Stored& stored, std::int64_t now) {
  each_node(stored, [&](Queue::Node node) {
    if (stored.queue.is_expired(cells_, node, now)) stored.queue.remove(cells_, pool_, node);  // SQS-RET-1
  });
}

void Account::advance(std::int64_t now) {
  for (auto& [name, stored] : queues_) {
    expire(*stored, now);
    while (const Queue::Node node = stored->queue.due(cells_, now)) {
      stored->queue.show(cells_, pool_, node);
      // SQS-DLQ-1 with dlq_move=on_visibility_expiry.
      if (stored->settings.moves_on_expiry && stored->queue.is_exhausted(cells_, node)) move_to_dead_letters(*stored, node, now);
    }
  }
}

std::int64_t Account::next_due(std::int64_t now, std::int64_t otherwise) {
  for (auto& [name, held] : queues_) {
    auto* const stored = &*held;
    otherwise = stored->queue.next_due(cells_, otherwise);
    if (!stored->settings.rules.fifo) continue;
    each_node(*stored, [&](Queue::Node node) {  // delayed ones of a FIFO queue have no deadline
      const std::int64_t until = stored->queue.until(cells_, node);
      if (stored->queue.state(cells_, node) == Queue::State::visible && until > now) otherwise = std::min(otherwise, until);
    });
  }
  return otherwise;
}

// SQS-DLQ-1: message id, receive count and, for standard queues, the time of the first send stay; SQS-DEDUP-2: in a FIFO queue the
// message id becomes the deduplication id, and the time starts anew.
bool Account::move_to_dead_letters(Stored& stored, Queue::Node node, std::int64_t now) {
  Stored* target = find(stored.settings.dead_letter_queue);
  if (target == nullptr) return false;
  Message message = message_of(stored, node);
  const std::uint32_t count = stored.queue.count(cells_, node);
  const std::int64_t sent = stored.settings.rules.fifo ? now : stored.queue.sent(cells_, node);
  if (stored.settings.rules.fifo) message.dedup_id = message.id;
  stored.queue.remove(cells_, pool_, node);
  store(*target, std::move(message), sent, now, now, count);
  return true;
}

std::string Account::redrive(const std::string& name, const std::string& target, std::int64_t now, std::uint64_t& moved) {
  Stored* stored = find(name);
  if (stored == nullptr || (!target.empty() && find(target) == nullptr)) return "QueueDoesNotExist";
  advance(now);
  std::vector<Queue::Node> nodes;
  each_node(*stored, [&](Queue::Node node) {
    if (stored->queue.state(cells_, node) == Queue::State::visible) nodes.push_back(node);
  });
  for (const Queue::Node node : nodes) {
    Message message = message_of(*stored, node);
    Stored* to = find(target.empty() ? message.source : target);
    if (to == nullptr || to == stored) continue;
    stored->queue.remove(cells_, pool_, node);
    message.id = fmt::format("message-{}", ++ids_);  // SQS-DLQ-2: a new message
    store(*to, std::move(message), now, now, now, 0);
    ++moved;
  }
  return {};
}

// SQS-PURGE-1: may take a minute; what is sent meanwhile survives here.
std::string Account::purge(const std::string& name, std::int64_t now) {
  Stored* stored = find(name);
  if (stored == nullptr) return "QueueDoesNotExist";
  advance(now);
  each_node(*stored, [&](Queue::Node node) { stored->queue.remove(cells_, pool_, node); });
  return {};
}

Counts Account::counts(const std::string& name, std::int64_t now) {
  Counts counts;
  Stored* stored = find(name);
  if (stored == nullptr) return counts;
  advance(now);
  each_node(*stored, [&](Queue::Node node) {
    const Queue::State state = stored->queue.state(cells_, node);
    const bool waits = state == Queue::State::delayed || (state == Queue::State::visible && stored->queue.until(cells_, node) > now);
    ++counts.stored;
    ++(waits ? counts.delayed : state == Queue::State::visible ? counts.visible : counts.in_flight);
  });
  return counts;
}

// ---- settle ----------------------------------------------------------------------------------------------------

std::string Account::remove(const Handle& handle, std::int64_t now) {
  Stored* stored = find(handle.queue);
  if (stored == nullptr) return "QueueDoesNotExist";
  advance(now);
  if (stored->queue.deletes(cells_, handle.receipt)) {
    stored->queue.remove(cells_, pool_, handle.receipt.node);
    return {};
  }
  const bool is_there = stored->queue.standing(cells_, handle.receipt) != Queue::Standing::gone;
  return stored->settings.rules.fifo && is_there ? "ReceiptHandleIsInvalid" : "";  // SQS-FIFO-5; else a success (SQS-VIS-2)
}

std::string Account::change_visibility(const Handle& handle, std::int64_t timeout_s, std::int64_t now) {
  Stored* stored = find(handle.queue);
  if (stored == nullptr) return "QueueDoesNotExist";
  if (timeout_s < 0 || timeout_s > 43'200) return "InvalidParameterValue";
  advance(now);
  if (stored->queue.standing(cells_, handle.receipt) != Queue::Standing::current) return "MessageNotInflight";  // SQS-VIS-1: for this receipt only
  const Queue::Node node = handle.receipt.node;
  const std::int64_t until = now + timeout_s * second_ns;
  if (until - stored->queue.received_at(cells_, node) > longest_visibility_ns) return "InvalidParameterValue";  // SQS-VIS-1: 12 h in all
  stored->queue.stay_away(cells_, pool_, node, until, now);
  if (stored->settings.moves_on_expiry && timeout_s == 0 && stored->queue.is_exhausted(cells_, node)) move_to_dead_letters(*stored, node, now);
  return {};
}

}  // namespace flowtank::sns_sqs
