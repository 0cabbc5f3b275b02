// SPDX-License-Identifier: Apache-2.0
// ReceiveMessage of account.hpp: which messages a call gets. Standard: the oldest visible ones, unless a knob asks for disorder,
// misses or duplicates. FIFO: as many as possible of one group, then of the next, and the same answer again for a
// repeated attempt id.
#include <algorithm>

#include "models/brokers/sns_sqs/account.hpp"

namespace flowtank::sns_sqs {
namespace {

constexpr std::int64_t attempt_ns = 300 * second_ns;

}  // namespace

Received Account::received(const Stored& stored, const Queue::Receipt& receipt) const {
  return {message_of(stored, receipt.node), receipt.count, stored.queue.sent(cells_, receipt.node), {stored.name, receipt}};
}

void Account::hand_out(Stored& stored, Queue::Node node, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer) {
  const Queue::Receipt receipt = stored.queue.receive(cells_, pool_, node, now, visibility);
  answer.messages.push_back(received(stored, receipt));
  if (visibility == 0) stored.queue.show(cells_, pool_, node);
}

// SQS-FIFO-7: the same set with the same handles, and the timeout from now, while nobody has touched the messages.
bool Account::repeat(Stored& stored, const ReceiveRequest& request, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer) {
  const auto known = stored.attempts.find(request.attempt_id);
  if (known == stored.attempts.end() || now - known->second.at > attempt_ns) return false;
  const auto is_current = [&](const Queue::Receipt& receipt) { return stored.queue.standing(cells_, receipt) == Queue::Standing::current; };
  if (!std::all_of(known->second.receipts.begin(), known->second.receipts.end(), is_current)) return false;
  for (const Queue::Receipt& receipt : known->second.receipts) {
    stored.queue.stay_away(cells_, pool_, receipt.node, now + visibility, now);
    answer.messages.push_back(received(stored, receipt));
  }
  return true;
}

// SQS-DUP-1: what is in flight is handed out once more, as often as the probability says.
void Account::receive_again(Stored& stored, std::size_t most, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer) {
  if (stored.settings.duplicate_ppm == 0) return;
  std::vector<Queue::Node> nodes;
  stored.queue.each_away(cells_, stored.queue.lane_of(cells_, pool_, absent_word), [&](Queue::Node node) {
    const bool just_now = std::any_of(answer.messages.begin(), answer.messages.end(), [&](const Received& r) { return r.handle.receipt.node == node; });
    if (stored.queue.state(cells_, node) == Queue::State::in_flight && !just_now) nodes.push_back(node);
  });
  std::reverse(nodes.begin(), nodes.end());  // the one longest in flight first
  for (const Queue::Node node : nodes) {
    if (answer.messages.size() >= most) return;
    if (!drawn(stored.settings.duplicate_ppm)) continue;
    stored.queue.show(cells_, pool_, node);
    hand_out(stored, node, visibility, now, answer);
  }
}

void Account::receive_standard(Stored& stored, const ReceiveRequest& request, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer) {
  const Queue::Lane lane = stored.queue.lane_of(cells_, pool_, absent_word);
  std::vector<Queue::Node> visible;
  stored.queue.each_visible(cells_, lane, [&](Queue::Node node) { visible.push_back(node); });
  if (stored.settings.reorders) {  // SQS-ORD-1
    for (std::size_t i = visible.size(); i > 1; --i) std::swap(visible[i - 1], visible[draw() % i]);
  }
  const auto most = static_cast<std::size_t>(request.most);
  for (const Queue::Node node : visible) {
    if (answer.messages.size() >= most) break;
    if (request.polls_short && drawn(stored.settings.miss_ppm)) continue;  // SQS-POLL-1
    if (stored.queue.is_exhausted(cells_, node) && move_to_dead_letters(stored, node, now)) continue;
    if (stored.queue.is_full(cells_)) {
      if (answer.messages.empty() && request.polls_short) answer.error = "OverLimit";  // SQS-FLIGHT-1
      return;
    }
    hand_out(stored, node, visibility, now, answer);
  }
  if (answer.messages.empty() && stored.queue.is_full(cells_) && request.polls_short && stored.settings.duplicate_ppm == 0) answer.error = "OverLimit";
  receive_again(stored, most, visibility, now, answer);
}

void Account::receive_fifo(Stored& stored, std::size_t most, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer) {
  std::vector<std::pair<std::uint64_t, Queue::Lane>> groups;  // by their oldest message
  for (Queue::Lane lane = 0; lane < stored.queue.lanes(); ++lane) {
    if (const Queue::Node node = stored.queue.next(cells_, lane, now)) groups.emplace_back(stored.queue.sequence(cells_, node), lane);
  }
  std::sort(groups.begin(), groups.end());
  for (const auto& [oldest, lane] : groups) {  // SQS-FIFO-2: all it can of one group, then of others
    while (const Queue::Node node = stored.queue.next_of_batch(cells_, lane, now)) {
      if (answer.messages.size() >= most) return;
      if (stored.queue.is_exhausted(cells_, node) && move_to_dead_letters(stored, node, now)) continue;  // SQS-FIFO-6
      if (stored.queue.is_full(cells_)) return;  // SQS-FLIGHT-1: no error
      hand_out(stored, node, visibility, now, answer);
      if (visibility == 0) break;
    }
  }
}

ReceiveAnswer Account::receive(const std::string& name, const ReceiveRequest& request, std::int64_t now) {
  ReceiveAnswer answer;
  Stored* stored = find(name);
  if (stored == nullptr) answer.error = "QueueDoesNotExist";
  else if (request.most < 1 || request.most > 10) answer.error = "InvalidParameterValue";
  else if (request.visibility_s && (*request.visibility_s < 0 || *request.visibility_s > 43'200)) answer.error = "InvalidParameterValue";
  else if (!request.attempt_id.empty() && !stored->settings.rules.fifo) answer.error = "InvalidParameterValue";
  if (!answer.error.empty()) return answer;
  advance(now);
  const std::int64_t visibility = request.visibility_s ? *request.visibility_s * second_ns : stored->settings.rules.visibility;
  if (!request.attempt_id.empty() && repeat(*stored, request, visibility, now, answer)) return answer;
  if (stored->settings.rules.fifo) receive_fifo(*stored, static_cast<std::size_t>(request.most), visibility, now, answer);
  else receive_standard(*stored, request, visibility, now, answer);
  if (!request.attempt_id.empty()) {
    Attempt& attempt = stored->attempts[request.attempt_id];
    attempt = {now, {}};
    for (const Received& r : answer.messages) attempt.receipts.push_back(r.handle.receipt);
  }
  return answer;
}

}  // namespace flowtank::sns_sqs
