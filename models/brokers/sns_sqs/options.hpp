// SPDX-License-Identifier: Apache-2.0
// What queues, topics, subscriptions and their clients can be told, in the words of AWS: attributes with AWS's names, units
// (seconds) and defaults, besides the model's own knobs. One table is what scenarios, vectors and `flowtank explain broker
// sns_sqs` go by; combinations that AWS refuses are refused with the rule's id.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "models/brokers/product_options/option_text.hpp"
#include "models/brokers/sns_sqs/filter_policy.hpp"
#include "models/brokers/sns_sqs/queue.hpp"

namespace flowtank::sns_sqs {

using product_options::Setting;
using product_options::settings_of;

enum class Scope : std::uint8_t { queue = 1, subscription = 2, poller = 4, publisher = 8 };
enum class OptionType : std::uint8_t { boolean, whole, probability, text, choice, policy };

struct SqsOption {
  std::string_view key;
  std::uint8_t scopes;        // of Scope
  OptionType type;
  std::string_view preset;
  std::string_view unit;      // of numbers
  std::int64_t least, most;   // of numbers
  std::string_view values;    // of choices, separated by blanks
  std::string_view rules;     // ids, separated by blanks
  std::string_view meaning;   // one sentence
  bool only_in_vectors = false;  // decides nothing in a scenario
};
std::span<const SqsOption> options();
// Nothing when there is no such key in any of the scopes (bits of Scope).
const SqsOption* find_option(std::string_view key, std::uint8_t scopes);

// What the model calls a profile, beside AWS's attributes.
struct QueueSettings {
  QueueRules rules;
  bool content_based = false;          // ContentBasedDeduplication
  bool dedup_by_group = false;         // DeduplicationScope=messageGroup
  std::string dead_letter_queue;       // RedrivePolicy.deadLetterTargetArn; empty: none is named
  std::int64_t wait_s = 0;             // ReceiveMessageWaitTimeSeconds
  std::int64_t most_bytes = 262'144;   // MaximumMessageSize
  bool moves_on_expiry = false;        // dlq_move
  bool reorders = false;
  std::int64_t duplicate_ppm = 0, miss_ppm = 0;  // probabilities in millionths
};

struct SubscriptionSettings {
  std::optional<FilterPolicy> filter;
  bool raw = false;                    // RawMessageDelivery
  std::int64_t propagation_s = 0;      // filter_propagation
};

// What a poller does with a message whose handling failed.
enum class OnError : std::uint8_t {
  leave,    // nothing: it comes back when its visibility timeout is over
  release,  // ChangeMessageVisibility to the handler's backoff
};

struct PollerSettings {
  std::int64_t extension_s = 0;  // visibility_extension: sets the timeout anew so often while it works; 0: never
  OnError on_error = OnError::leave;
  std::int64_t most = 1;         // MaxNumberOfMessages
};

enum class DedupId : std::uint8_t { id, content, attempt };

struct PublisherSettings {
  std::int64_t read_timeout_s = 60;
  std::int64_t attempts = 3;       // of one call, the first included
  DedupId dedup_id = DedupId::id;
  bool one_group = false;          // MessageGroupId=all
};

// Reads attributes; what is missing has AWS's default. `place` has the file and pointer of complaints; a setting that is wrong counts as its
// default. Codes: FT-KEY-001, FT-TYPE-001, FT-RANGE-004 and FT-SQS-001 to 008 (README.md).
QueueSettings read_queue(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
SubscriptionSettings read_subscription(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics);
PollerSettings read_poller(std::span<const Setting> settings, const QueueSettings& queue, const Diagnostic& place, Diagnostics& diagnostics);
PublisherSettings read_publisher(std::span<const Setting> settings, const QueueSettings& queue, const Diagnostic& place, Diagnostics& diagnostics);
// Complains of keys that none of the scopes has.
void refuse_unknown(std::span<const Setting> settings, std::uint8_t scopes, std::string_view what, const Diagnostic& place, Diagnostics& diagnostics);

}  // namespace flowtank::sns_sqs
