// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_driver.hpp: the frame, time, receiving and faults. Sends, topics and attributes are in sns_sqs_driver_calls.cpp.
#include "models/brokers/vectors/sns_sqs_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::int64_t ms_ns = 1'000'000, most_ms = std::int64_t{20} * 365 * 86'400'000;
constexpr int most_events = 1'000'000;

std::optional<std::int64_t> time_of(const JsonNode& step, std::string_view key) {
  const JsonNode* t = step.find(key);
  if (t == nullptr || !t->is_number()) return std::nullopt;
  const double ms = t->real * 1000 + 0.5;
  if (!(ms >= 0) || ms > static_cast<double>(most_ms)) return -1;
  return static_cast<std::int64_t>(ms) * ms_ns;
}

}  // namespace

const std::map<std::string, SnsSqsDriver::Handler, std::less<>>& SnsSqsDriver::handlers() {
  using D = SnsSqsDriver;
  static const std::map<std::string, Handler, std::less<>> all = {
      {"sqs.create_queue", &D::create_queue}, {"sqs.set_attributes", &D::set_attributes}, {"sqs.set_queue_attributes", &D::set_attributes},
      {"sqs.delete_queue", &D::delete_queue}, {"sqs.send", &D::send}, {"sqs.send_batch", &D::send_batch}, {"sqs.receive", &D::receive},
      {"sqs.delete", &D::remove}, {"sqs.delete_batch", &D::remove_batch}, {"sqs.change_visibility", &D::change_visibility},
      {"sqs.counts", &D::counts}, {"sqs.purge", &D::purge}, {"sqs.purge_queue", &D::purge},
      {"sqs.redrive", &D::redrive}, {"sqs.start_message_move_task", &D::redrive}, {"sqs.redrive_back", &D::redrive},
      {"lambda.invoke", &D::invoke_lambda}, {"lambda.poll", &D::invoke_lambda},
      {"sns.create_topic", &D::create_topic}, {"sns.subscribe", &D::subscribe}, {"sns.set_subscription_attributes", &D::change_subscription},
      {"sns.set_filter_policy", &D::change_subscription}, {"sns.unsubscribe", &D::unsubscribe}, {"sns.publish", &D::publish},
      {"sns.attempts", &D::attempts}, {"sns.delivery_attempts", &D::attempts},
      {"fault.endpoint_unavailable", &D::endpoint_unavailable}, {"fault.endpoint_available", &D::endpoint_available}, {"wait", &D::wait},
  };
  return all;
}

// ---- time ------------------------------------------------------------------------------------------------------

void SnsSqsDriver::run_until(std::int64_t time) {
  for (int events = 0; events < most_events; ++events) {
    std::int64_t next = account_.next_due(now_, topics_.next_due(time));
    for (const Waiting& w : waiting_) next = std::min(next, w.until);
    now_ = std::max(now_, std::min(next, time));
    topics_.advance(now_);
    account_.advance(now_);
    std::erase_if(waiting_, [&](const Waiting& w) { return try_receive(w, answered_); });
    if (next >= time) return;
  }
}

std::string SnsSqsDriver::go_to(const Step& step) {
  const auto t = time_of(step.node, "t");
  if (t && *t < 0) return "a time beyond 20 years";
  if (t) {
    run_until(std::max(*t, now_));
    return {};
  }
  const auto is_awaited = [&](const Waiting& w) { return w.asked_at == waits_for_; };
  for (int events = 0; step.op != "wait" && waits_for_ != 0 && events < most_events; ++events) {
    const auto awaited = std::find_if(waiting_.begin(), waiting_.end(), is_awaited);
    if (awaited == waiting_.end()) break;
    run_until(std::max(now_, account_.next_due(now_, topics_.next_due(awaited->until))));
  }
  run_until(now_);
  return {};
}

void SnsSqsDriver::finish(Out& out) {
  while (!waiting_.empty()) {
    std::int64_t until = waiting_.front().until;
    for (const Waiting& w : waiting_) until = std::min(until, w.until);
    run_until(until);
  }
  std::move(answered_.begin(), answered_.end(), std::back_inserter(out));
  answered_.clear();
}

std::string SnsSqsDriver::wait(const JsonNode& step, Out&) {
  const auto seconds = time_of(step, "s");
  const std::int64_t ms = whole_of(step, "ms", 0);
  if ((seconds && *seconds < 0) || ms < 0 || ms > most_ms) return "a wait beyond 20 years";
  run_until(now_ + (seconds ? *seconds : ms * ms_ns));
  return {};
}

std::string SnsSqsDriver::play(const Step& step, bool is_setup, Out& out) {
  const auto handler = handlers().find(step.op);
  if (handler == handlers().end()) return fmt::format("op {}", to_text(node(step.op), 80));
  if (std::string why = go_to(step); !why.empty()) return why;
  if (!is_setup) current_step_ = step.n;
  std::string why = (this->*handler->second)(step.node, out);
  run_until(now_);
  const bool waits = !is_setup && std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.asked_at == step.n; });
  waits_for_ = waits ? step.n : 0;
  std::move(answered_.begin(), answered_.end(), std::back_inserter(out));
  answered_.clear();
  return why;
}

// ---- receive ---------------------------------------------------------------------------------------------------

JsonNode SnsSqsDriver::told(const sns_sqs::Received& received) const {
  const sns_sqs::Message& m = received.message;
  JsonNode out = object({{"body", node(m.body)}, {"receive_count", node(std::int64_t{received.count})}, {"ApproximateReceiveCount", node(std::int64_t{received.count})},
                         {"message_id", node(m.id)}, {"MessageId", node(m.id)}, {"sent", node(received.sent_ns / ms_ns)}});
  if (!m.group.empty()) {
    for (const std::string_view key : {"group", "MessageGroupId"}) put(out, key, node(m.group));
    for (const std::string_view key : {"dedup_id", "MessageDeduplicationId"}) put(out, key, node(m.dedup_id));
    for (const std::string_view key : {"sequence_number", "SequenceNumber"}) put(out, key, node(m.sequence_number));
  }
  const auto tree = [](std::string text) -> std::optional<JsonNode> {
    Sources sources;
    Diagnostics ignored;
    const std::uint32_t source = sources.add("body", std::move(text));
    return read_json(sources, source, ReadLimits{}, ignored);
  };
  if (const auto attributes = tree(sns_sqs::to_text(m.attributes)); attributes && attributes->is(JsonKind::object)) put(out, "attributes", *attributes);
  if (const auto body = tree(m.body); body && body->is(JsonKind::object)) {  // SNS-RAW-1: an envelope
    put(out, "body_json", *body);
    if (const JsonNode* inner = body->find("Message")) {
      for (const std::string_view key : {"Message", "message"}) put(out, key, *inner);
    }
  }
  return out;
}

bool SnsSqsDriver::try_receive(const Waiting& waiting, Out& out) {
  const sns_sqs::ReceiveAnswer answer = account_.receive(waiting.queue, waiting.request, now_);
  if (answer.error.empty() && answer.messages.empty() && now_ < waiting.until) return false;
  const std::size_t before = out.size();
  if (!answer.error.empty()) {
    SnsSqsDriver::answer(answer.error, out);
  } else if (waiting.answer_lost) {
    out.push_back({object({{"result", node("timeout")}}), "result", false});
  } else {
    out.push_back({messages_of(answer, waiting.asked_at), "receive", false});
  }
  for (std::size_t i = before; i < out.size() && waiting.has_waited; ++i) {
    out[i].asked_at = waiting.asked_at;
    out[i].came_ms = now_ms();
  }
  return true;
}

// What the caller of a receive sees; handles are kept under the step that asked.
JsonNode SnsSqsDriver::messages_of(const sns_sqs::ReceiveAnswer& answer, std::int64_t asked_at) {
  std::vector<JsonNode> messages;
  handles_of_step_[asked_at].clear();
  for (const sns_sqs::Received& received : answer.messages) {
    messages.push_back(told(received));
    handles_[received.message.body].push_back(received.handle);
    if (const JsonNode* inner = messages.back().find("Message"); inner != nullptr && inner->is(JsonKind::string)) handles_[inner->text].push_back(received.handle);
    handles_of_step_[asked_at].push_back(received.handle);
  }
  const std::int64_t ms = now_ / ms_ns;
  JsonNode seen = object({{"messages", node(std::move(messages))}, {"result", node("ok")}});
  JsonNode time = node(ms / 1000);
  if (ms % 1000 != 0) {
    time.kind = JsonKind::real;
    time.real = static_cast<double>(ms) / 1000;
  }
  for (const std::string_view key : {"t", "at", "returned_at"}) put(seen, key, time);
  return seen;
}

std::string SnsSqsDriver::receive(const JsonNode& step, Out& out) {
  Waiting waiting;
  waiting.queue = text_of(step, "queue");
  const auto first_of = [&](std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
      if (const JsonNode* value = step.find(key); value != nullptr && value->is(JsonKind::integer)) return std::optional(value->integer);
    }
    return std::optional<std::int64_t>();
  };
  waiting.request.most = first_of({"max", "MaxNumberOfMessages", "max_messages"}).value_or(1);
  waiting.request.visibility_s = first_of({"VisibilityTimeout", "visibility_timeout", "vt"});
  waiting.request.attempt_id = text_of(step, "ReceiveRequestAttemptId", text_of(step, "attempt_id"));
  const std::int64_t wait = first_of({"WaitTimeSeconds", "wait", "wait_time"}).value_or(account_.wait_s(waiting.queue));
  waiting.answer_lost = text_of(step, "fault") == "answer_lost";
  if (wait < 0 || wait > 20) {
    answer("InvalidParameterValue", out);
    return {};
  }
  waiting.request.polls_short = wait == 0;
  waiting.until = now_ + wait * 1000 * ms_ns;
  waiting.asked_at = current_step_;
  if (try_receive(waiting, out)) return {};
  waiting.has_waited = true;
  waiting_.push_back(std::move(waiting));
  return {};
}

// The handle of the latest receive of a body, unless the step says of which one.
std::optional<sns_sqs::Handle> SnsSqsDriver::handle_of(const JsonNode& step, std::string& why) const {
  const std::string body = text_of(step, "handle_of", text_of(step, "body"));
  const std::string queue = text_of(step, "queue");
  std::vector<sns_sqs::Handle> known;
  if (const auto of_body = handles_.find(body); of_body != handles_.end()) {
    std::copy_if(of_body->second.begin(), of_body->second.end(), std::back_inserter(known), [&](const sns_sqs::Handle& h) { return queue.empty() || h.queue == queue; });
  }
  if (known.empty()) {
    why = fmt::format("nobody has received {}", to_text(node(body), 80));
    return std::nullopt;
  }
  for (const std::string_view key : {"receive", "nth", "receive_no", "handle_no"}) {
    if (step.find(key) == nullptr) continue;
    const std::int64_t number = whole_of(step, key, 0);
    if (number >= 1 && number <= static_cast<std::int64_t>(known.size())) return known[static_cast<std::size_t>(number - 1)];
    why = fmt::format("{} has no receive {}, of {}", to_text(node(body), 80), to_text(*step.find(key), 80), known.size());
    return std::nullopt;
  }
  for (const std::string_view key : {"of_step", "handle_step", "received_at_step", "from_step"}) {
    if (step.find(key) == nullptr) continue;
    const auto of_step = handles_of_step_.find(whole_of(step, key, -1));
    for (const sns_sqs::Handle& handle : of_step == handles_of_step_.end() ? std::vector<sns_sqs::Handle>() : of_step->second) {
      const bool same = std::any_of(known.begin(), known.end(), [&](const sns_sqs::Handle& h) {
        return h.queue == handle.queue && h.receipt.node == handle.receipt.node && h.receipt.sequence == handle.receipt.sequence && h.receipt.count == handle.receipt.count;
      });
      if (same) return handle;
    }
    why = fmt::format("step {} received no {}", to_text(*step.find(key), 80), to_text(node(body), 80));
    return std::nullopt;
  }
  return known.back();
}

std::string SnsSqsDriver::remove(const JsonNode& step, Out& out) {
  std::string why;
  const auto handle = handle_of(step, why);
  if (!handle) return why;
  answer(step, object({{"result", node("ok")}}), out);
  if (const std::string error = account_.remove(*handle, now_); !error.empty()) {
    out.clear();
    answer(error, out);
  }
  return {};
}

std::string SnsSqsDriver::change_visibility(const JsonNode& step, Out& out) {
  std::string why;
  const auto handle = handle_of(step, why);
  if (!handle) return why;
  const std::int64_t timeout = whole_of(step, "timeout", whole_of(step, "VisibilityTimeout", -1));
  const std::string error = account_.change_visibility(*handle, timeout, now_);
  if (error.empty()) answer(step, object({{"result", node("ok")}}), out);
  else answer(error, out);
  return {};
}

// ---- comparing -------------------------------------------------------------------------------------------------

bool SnsSqsDriver::same_name(std::string_view expected, std::string_view actual) const {
  if (expected == actual) return true;
  if (expected == "error") return actual != "ok" && actual != "timeout";
  static const std::vector<std::vector<std::string_view>> groups = {
      {"ok", "OK", "success"}, {"timeout", "answer_lost", "unknown"},
      {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue"},
      {"ReceiptHandleIsInvalid", "ReceiptHandleExpired"}, {"MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"},
      {"OverLimit", "AWS.SimpleQueueService.OverLimit", "OverLimitException"},
      {"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "ValidationError"},
      {"MissingParameter", "MissingRequiredParameter", "MissingRequiredParameterException"},
      {"InvalidAttributeValue", "InvalidParameterValue"}, {"InvalidAttributeName", "UnknownAttribute"},
      {"NotFound", "NotFoundException"},
  };
  return std::any_of(groups.begin(), groups.end(), [&](const auto& names) {
    return std::find(names.begin(), names.end(), expected) != names.end() && std::find(names.begin(), names.end(), actual) != names.end();
  });
}

// The order of what a receive returns counts within a message group only, and not at all in a standard queue.
std::optional<std::string> SnsSqsDriver::lane_within(std::string_view list, const JsonNode& item) const {
  if (list != "messages") return std::nullopt;
  const std::string group = text_of(item, "MessageGroupId");
  return group.empty() ? "message " + text_of(item, "message_id") : "group " + group;
}

}  // namespace flowtank::vectors
