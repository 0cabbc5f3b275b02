// SPDX-License-Identifier: Apache-2.0
// Which partition a record goes to (KF-PART-1). The Java client and librdkafka hash keys differently by default, so that
// producers in two languages put one key on two partitions; both hashes are here, bit for bit.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/brokers/kafka/options.hpp"

namespace flowtank::kafka {

std::uint32_t murmur2(std::string_view key);  // as Java's Utils.murmur2, as unsigned
std::uint32_t crc32(std::string_view key);    // IEEE, as librdkafka's `consistent`

// The partition of a key, `partitions` >= 1.
std::uint32_t partition_of_key(Partitioner partitioner, std::string_view key, std::uint32_t partitions);
// Does a record with a key go by its key? (`random` does not.) Without a key, and for `random`, the caller draws.
constexpr bool goes_by_key(Partitioner partitioner) { return partitioner != Partitioner::random; }
// Without a key: the Java client fills one partition until a batch is complete (sticky), librdkafka draws for each record.
constexpr bool sticks_without_key(Partitioner partitioner) { return partitioner == Partitioner::murmur2; }

}  // namespace flowtank::kafka
