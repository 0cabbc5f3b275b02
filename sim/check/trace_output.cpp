// SPDX-License-Identifier: Apache-2.0
// See trace_output.hpp. What was covered is seen as the chunks go by, so that a long run needs no trace in memory.
#include "sim/check/trace_output.hpp"

#include <sim/run/world_builder.hpp>
#include <sim/world/trace_names.hpp>

namespace flowtank {

class TraceOutput::Coverage final : public ChunkSink {
 public:
  Coverage(const System& system, ChunkSink& next) : next_(next), begun_(system.handlers.size()) {
    for (const Handler& handler : system.handlers) taken_.emplace_back(handler.program.steps.size());
  }
  void chunk(const RawChunk& chunk) override {
    for (std::uint32_t i = 0; i < chunk.count; ++i) {
      const std::uint16_t handler = chunk.handler[i];
      if (handler >= begun_.size()) continue;
      begun_[handler] = 1;
      if (chunk.step[i] < taken_[handler].size()) taken_[handler][chunk.step[i]] = 1;
    }
    next_.chunk(chunk);
  }
  bool begun(std::uint32_t handler) const { return begun_[handler] != 0; }
  bool taken(std::uint32_t handler, std::uint32_t step) const { return step < taken_[handler].size() && taken_[handler][step] != 0; }

 private:
  ChunkSink& next_;
  std::vector<char> begun_;
  std::vector<std::vector<char>> taken_;
};

TraceOutput::TraceOutput(std::string path, TraceLevel level) : path_(std::move(path)), level_(level) {}
TraceOutput::~TraceOutput() = default;

bool TraceOutput::covers() const { return (kinds_of(level_) & bit_of(RecordKind::handler_begin)) != 0 && coverage_ != nullptr; }
bool TraceOutput::begun(std::uint32_t handler) const { return coverage_->begun(handler); }
bool TraceOutput::taken(std::uint32_t handler, std::uint32_t step) const { return coverage_->taken(handler, step); }

void TraceOutput::begin(const Scenario& scenario, World& world, std::uint64_t seed) {
  const TraceScope scope = TraceScope::of(level_, level_ == TraceLevel::full);
  TraceNames names = names_of(world);
  names.scenario = scenario.file;
  for (const PropertySpec& property : scenario.properties) names.properties.push_back(property.name);
  TraceIdentity identity;
  identity.scenario = scenario.content;
  identity.seed = seed;
  identity.level = level_;
  identity.sentences = scope.sentences;
  identity.explored = !world.timed();
  std::string error;
  writer_ = TraceWriter::create(path_, identity, names, world.pool(), error);
  if (writer_ == nullptr) {
    problem_ = std::move(error);
    return;
  }
  coverage_ = std::make_unique<Coverage>(world.system(), *writer_);
  trace_ = std::make_unique<Trace>(scope);
  trace_->stream_to(coverage_.get());
  world.record_into(trace_.get());
}

void TraceOutput::end(World& world, const std::vector<Verdict>& verdicts, const TraceEnd& how) {
  if (trace_ == nullptr) return;
  for (const Verdict& verdict : verdicts) {
    if (verdict.kind != VerdictKind::fail || !world.notes(RecordKind::violated)) continue;
    Record& r = world.note(RecordKind::violated);
    r.place = verdict.index;
    if (verdict.evidence.empty()) continue;
    const KeyEvidence& evidence = verdict.evidence.front();
    if (evidence.record < r.id) r.parent = evidence.record;
    if (!evidence.key.empty()) r.key = world.pool().intern_string(evidence.key);
    if (!evidence.sentence.empty()) r.detail = world.pool().intern_string(evidence.sentence);
  }
  world.record_into(nullptr);
  trace_->finish();
  problem_ = writer_->finish(how);
  records_ = writer_->progress().records;
  bytes_ = writer_->bytes();
  trace_.reset();
}

void trace_log(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, const std::vector<Verdict>& verdicts,
               TraceOutput& output) {
  Diagnostics ignored;
  const auto world = make_world(*scenario.system, registry, Mode::explore, log.seed, ignored);
  FLOWTANK_CHECK(world != nullptr, "the brokers of a log that was replayed can be made");
  world->reset(log.seed);
  output.begin(scenario, *world, log.seed);
  const Replayed replayed = replay_strictly(*world, log.actions);
  FLOWTANK_CHECK(replayed.complete, "a log that was replayed can be replayed again");
  output.end(*world, verdicts, {world->run_fingerprint(), world->actions(), 0});
}

}  // namespace flowtank
