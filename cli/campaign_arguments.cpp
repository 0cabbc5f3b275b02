// SPDX-License-Identifier: Apache-2.0
// See campaign_arguments.hpp: the texts of the options, what their values mean, and a sentence for each mistake.
#include "cli/campaign_arguments.hpp"

#include <charconv>

#include <fmt/format.h>

#include <sim/base/diagnostic.hpp>

namespace flowtank::cli {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// "2/8": the third of eight.
bool parse_shard(const std::string& text, CampaignArguments& out) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  return read_number(std::string_view(text).substr(0, slash), out.shard) && read_number(std::string_view(text).substr(slash + 1), out.shards) &&
         out.shard < out.shards;
}

// A whole number from 1 on; 100,000 may be written with commas.
bool positive(const std::string& text, const char* option, std::optional<std::uint64_t>& target, std::string& message) {
  if (text.empty()) return true;
  std::string digits;
  for (const char c : text) {
    if (c != ',' && c != '_') digits += c;
  }
  std::uint64_t value = 0;
  if (!read_number(digits, value) || value == 0) {
    message = fmt::format("{} is a whole number from 1 on, not \"{}\"", option, text);
    return false;
  }
  target = value;
  return true;
}

}  // namespace

void declare_campaign(CLI::App& app, WrittenCampaign& w) {
  const auto text = [&app](const char* name, std::string& target, const char* what, const char* type) { app.add_option(name, target, what)->type_name(type); };
  std::string names;
  for (const std::string& name : strategy_names()) names += (names.empty() ? "" : "|") + name;
  text("--strategy", w.strategy, "How runs are chosen (default exhaustive). random, pct, pos, guided,\nportfolio, timed and swarm sample; lineage strikes what a good run came from.", names.c_str());
  text("--runs", w.runs, "Samples so many runs (default 100,000; with --time until then).", "N");
  text("--threads", w.threads, "Samples on so many threads (default: one a core), or explores\non so many (default: one). The result is the same on any number.", "N");
  text("--bug-depth", w.bug_depth, "The depth of the bugs that pct is after (default 3).", "N");
  text("--shard", w.shard, "Makes one part of the runs, such as 0/4 to 3/4 on four machines;\nflowtank merge puts the files of --campaign together.", "I/N");
  text("--campaign", w.file, "Keeps every run made in a file; one that is there is gone on\nwith.", "FILE");
  text("--resume", w.resume, "Goes on with the campaign of a file, with its scenario and\noptions.", "FILE");
}

bool understand_campaign(const WrittenCampaign& w, bool seeded, bool altered, CampaignArguments& out, std::string& message, std::string& hint) {
  if (!positive(w.runs, "--runs", out.runs, message) || !positive(w.threads, "--threads", out.threads, message) ||
      !positive(w.bug_depth, "--bug-depth", out.bug_depth, message)) {
    return false;
  }
  out.file = w.file;
  out.resume = w.resume;
  const auto strategy = w.strategy.empty() ? Strategy::exhaustive : strategy_of(w.strategy);
  const bool about_runs = !w.runs.empty() || !w.shard.empty() || !w.file.empty() || !w.bug_depth.empty();
  if (!strategy) {
    message = fmt::format("there is no strategy \"{}\"", w.strategy);
    hint = name_hint(w.strategy, strategy_names(), "Strategies");
  } else if (!w.shard.empty() && !parse_shard(w.shard, out)) {
    message = fmt::format("--shard is a part such as 0/4, counted from 0, not \"{}\"", w.shard);
  } else if (!w.resume.empty() && (about_runs || !w.strategy.empty() || seeded || altered)) {
    message = "--resume goes on with a campaign as it was begun";
    hint = "Its strategy, runs, seed, shard and overrides are in the file.";
  } else if (w.resume.empty() && !w.shard.empty() && *strategy == Strategy::exhaustive) {
    message = "an exploration of all orders cannot be cut into shards: nearly every state is reached from every part, so each would explore nearly all";
    hint = "--threads explores on all cores; check --sweep cuts a scenario into smaller questions; --strategy random --shard cuts runs.";
  } else if (w.resume.empty() && about_runs && !info(*strategy).samples) {
    message = "--runs, --shard, --campaign and --bug-depth are about sampled runs";
    hint = "For example: --strategy random --runs 100000";
  } else if (w.resume.empty() && seeded && !info(*strategy).samples) {
    message = "an exploration of all orders draws nothing: --seed needs a strategy that samples";
    hint = "For example: --strategy random --seed 7";
  } else if (out.bug_depth && *out.bug_depth > 64) {
    message = "--bug-depth is at most 64";
  } else {
    out.strategy = *strategy;
    return true;
  }
  return false;
}

}  // namespace flowtank::cli
