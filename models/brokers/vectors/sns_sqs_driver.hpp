// SPDX-License-Identifier: Apache-2.0
// Plays vectors against the SNS and SQS model: the account and the topics of models/brokers/sns_sqs under a virtual clock.
// Everything here is translation; rules live there. `t` of a step is the virtual time of the call in seconds.
//
// A receive that waits (long polling) may be answered while later steps happen; its answer says which step asked. A step without a
// time of its own comes when the receive before it has its answer; `t` and `wait` say that time passes meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <models/brokers/sns_sqs/account.hpp>
#include <models/brokers/sns_sqs/topics.hpp>
#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

class SnsSqsDriver final : public Driver {
 public:
  SnsSqsDriver() : topics_(account_) {}

  std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) override;
  void settle(const Step&, const Step*) override {}
  std::int64_t now_ms() const override { return now_ / 1'000'000; }
  void finish(std::vector<Observation>& out) override;
  bool same_name(std::string_view expected, std::string_view actual) const override;
  std::optional<std::string> lane_within(std::string_view list, const JsonNode& item) const override;

 private:
  using Out = std::vector<Observation>;
  using Handler = std::string (SnsSqsDriver::*)(const JsonNode&, Out&);
  static const std::map<std::string, Handler, std::less<>>& handlers();

  struct Waiting {  // a receive that waits
    std::string queue;
    sns_sqs::ReceiveRequest request;
    std::int64_t until = 0;
    std::int64_t asked_at = 0;  // the step that asked
    bool answer_lost = false, has_waited = false;
  };

  // ---- ops; each gives an empty text, or why it is not supported
  std::string create_queue(const JsonNode& step, Out& out);
  std::string set_attributes(const JsonNode& step, Out& out);
  std::string delete_queue(const JsonNode& step, Out& out);
  std::string send(const JsonNode& step, Out& out);
  std::string send_batch(const JsonNode& step, Out& out);
  std::string receive(const JsonNode& step, Out& out);
  std::string remove(const JsonNode& step, Out& out);
  std::string remove_batch(const JsonNode& step, Out& out);
  std::string change_visibility(const JsonNode& step, Out& out);
  std::string counts(const JsonNode& step, Out& out);
  std::string purge(const JsonNode& step, Out& out);
  std::string redrive(const JsonNode& step, Out& out);
  std::string invoke_lambda(const JsonNode& step, Out& out);
  std::string create_topic(const JsonNode& step, Out& out);
  std::string subscribe(const JsonNode& step, Out& out);
  std::string change_subscription(const JsonNode& step, Out& out);
  std::string unsubscribe(const JsonNode& step, Out& out);
  std::string publish(const JsonNode& step, Out& out);
  std::string attempts(const JsonNode& step, Out& out);
  std::string endpoint_unavailable(const JsonNode& step, Out& out);
  std::string endpoint_available(const JsonNode& step, Out& out);
  std::string wait(const JsonNode& step, Out& out);

  // ---- time
  std::string go_to(const Step& step);
  void run_until(std::int64_t time);

  // ---- words
  std::vector<sns_sqs::Setting> settings_of(const JsonNode& step, std::uint8_t scopes) const;
  sns_sqs::SendRequest send_request(const JsonNode& step) const;
  std::optional<sns_sqs::Handle> handle_of(const JsonNode& step, std::string& why) const;
  bool try_receive(const Waiting& waiting, Out& out);
  JsonNode messages_of(const sns_sqs::ReceiveAnswer& answer, std::int64_t asked_at);
  JsonNode told(const sns_sqs::Received& received) const;
  static void answer(const std::string& error, Out& out);
  static void answer(const JsonNode& step, JsonNode node, Out& out);

  sns_sqs::Account account_;
  sns_sqs::Topics topics_;
  std::vector<Waiting> waiting_;
  Out answered_;                                 // answers to receives that waited
  std::map<std::string, std::vector<sns_sqs::Handle>> handles_;  // by body, in the order of receiving
  std::map<std::int64_t, std::vector<sns_sqs::Handle>> handles_of_step_;
  std::int64_t now_ = 0, current_step_ = 0;
  std::int64_t waits_for_ = 0;                   // the step before, if it is a receive that waits
};

}  // namespace flowtank::vectors
