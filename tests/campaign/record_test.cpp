// SPDX-License-Identifier: Apache-2.0
// Campaign files: what is written is read again, torn and repeated records change nothing, files of other campaigns are
// refused, shards add up to the campaign that was not cut, and a process that is killed at any time loses nothing.
#include "tests/campaign/scenario_campaign.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sim/base/keyed_random.hpp>

namespace flowtank::campaign {
namespace {

using test::Folder;
using test::load;
using test::options;
using test::said;
using test::sample;

const std::string bad = "store/1-naive.json";

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void put(const std::string& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

CampaignOptions kept(Strategy strategy, std::uint64_t runs, const std::string& file) {
  CampaignOptions out = options(strategy, runs, 2);
  out.file = file;
  return out;
}

TEST_CASE("tally.survives_its_text") {
  const Scenario scenario = load(bad);
  Folder folder;
  sample(scenario, kept(Strategy::guided, 300, folder / "a"));
  std::string problem;
  const auto record = read_record(content(folder / "a"), problem);
  REQUIRE(record);
  REQUIRE_FALSE(record->blocks.empty());
  const Tally like = empty_tally(scenario);
  bool learnt = false;
  for (const std::string& line : record->blocks) {
    Block block;
    REQUIRE(read_block(line, like, block));
    const std::string again = to_text(block);
    CHECK(again.substr(0, again.rfind('|')) == line);
    learnt = learnt || !block.lesson.empty();
  }
  CHECK(learnt);
  Block unread;
  CHECK_FALSE(read_block(record->blocks[0], empty_tally(load("faults/timer-race.json")), unread));
  CHECK_FALSE(read_block(record->blocks[0].substr(0, record->blocks[0].size() / 2), like, unread));
}

TEST_CASE("campaign_file.goes_on_after_every_torn_end_as_if_nothing_had_happened") {
  for (const Strategy strategy : {Strategy::random, Strategy::guided, Strategy::portfolio}) {
    INFO(to_text(strategy));
    const Scenario scenario = load(bad);
    Folder folder;
    const std::string whole = said(scenario, sample(scenario, options(strategy, 400)));
    CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "a"))) == whole);
    const std::string text = content(folder / "a");
    const std::size_t header = text.find("\nblock ") + 1;
    // Cut in the header, between records, within records.
    for (const std::size_t at : {std::size_t{0}, std::size_t{5}, header / 2, header - 1, header, header + 1, text.size() / 3, text.size() / 2, text.size() - 1, text.size()}) {
      INFO(at);
      put(folder / "b", text.substr(0, at));
      CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "b"))) == whole);
      // And once more: all of it is there already.
      const std::size_t size = content(folder / "b").size();
      CHECK(said(scenario, sample(scenario, kept(strategy, 400, folder / "b"))) == whole);
      CHECK(content(folder / "b").size() == size);
    }
  }
}

TEST_CASE("campaign_file.counts_a_repeated_record_once_and_stops_at_a_damaged_one") {
  const Scenario scenario = load(bad);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "a")));
  const std::string text = content(folder / "a");
  const std::size_t first = text.find("\nblock ") + 1;
  const std::size_t end = text.find('\n', first) + 1;
  put(folder / "b", text + text.substr(first, end - first));
  CHECK(said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "b"))) == whole);
  std::string damaged = text;
  damaged[first + 9] = damaged[first + 9] == '1' ? '2' : '1';
  put(folder / "c", damaged);
  CHECK(said(scenario, sample(scenario, kept(Strategy::random, 300, folder / "c"))) == whole);
}

TEST_CASE("campaign_file.of_another_campaign_is_refused_in_words") {
  const Scenario scenario = load(bad);
  Folder folder;
  sample(scenario, kept(Strategy::random, 100, folder / "a"));
  const auto refused = [&](const Scenario& other, CampaignOptions options, const std::string& code, const std::string& word) {
    Diagnostics diagnostics;
    CHECK_FALSE(check_by_campaign(other, shipped_brokers(), options, diagnostics));
    REQUIRE(diagnostics.errors() == 1);
    CHECK(diagnostics.all()[0].code == code);
    INFO(diagnostics.all()[0].message);
    CHECK(diagnostics.all()[0].message.find(word) != std::string::npos);
  };
  refused(scenario, kept(Strategy::pct, 100, folder / "a"), "FT-CAM-002", "strategy is random, not pct");
  refused(scenario, kept(Strategy::random, 200, folder / "a"), "FT-CAM-002", "100 runs");
  CampaignOptions seeded = kept(Strategy::random, 100, folder / "a");
  seeded.plan.seed = 2;
  refused(scenario, seeded, "FT-CAM-002", "seed");
  refused(load(bad, {"clients.shoppers.count=7"}), kept(Strategy::random, 100, folder / "a"), "FT-CAM-002", "override");
  put(folder / "b", "something else\n");
  refused(scenario, kept(Strategy::random, 100, folder / "b"), "FT-CAM-001", "no campaign file");
  put(folder / "c", "flowtank-campaign 9\n");
  refused(scenario, kept(Strategy::random, 100, folder / "c"), "FT-CAM-001", "another version");
  refused(scenario, kept(Strategy::random, 100, folder / "no/such/folder"), "FT-CAM-001", "cannot open");
  refused(scenario, kept(Strategy::random, 100, "/dev/zero"), "FT-CAM-001", "no file");
  RecordFile held;
  std::string problem;
  REQUIRE(held.open(folder / "a", problem));
  refused(scenario, kept(Strategy::random, 100, folder / "a"), "FT-CAM-001", "is running");
  held.close();
  Diagnostics diagnostics;
  CHECK_FALSE(read_campaign_file("/dev/zero", diagnostics));
}

TEST_CASE("campaign_file.of_any_bytes_is_read_or_refused") {
  const Scenario scenario = load(bad);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, kept(Strategy::portfolio, 200, folder / "a")));
  const std::string text = content(folder / "a");
  for (std::uint64_t round = 0; round < 60; ++round) {
    std::string damaged = text;
    for (std::uint32_t n = 0; n <= round % 3; ++n) {
      damaged[below(draw(Seed{round}, Purpose("where"), Whose{0, n}), damaged.size())] = static_cast<char>(draw(Seed{round}, Purpose("what"), Whose{0, n}));
    }
    put(folder / "b", damaged);
    Diagnostics diagnostics;
    const auto result = check_by_campaign(scenario, shipped_brokers(), kept(Strategy::portfolio, 200, folder / "b"), diagnostics);
    INFO(round);
    CHECK(result.has_value() == diagnostics.ok());
    if (result) CHECK(said(scenario, *result) == whole);
  }
}

TEST_CASE("merge.of_all_shards_is_the_campaign_that_was_not_cut_byte_for_byte") {
  struct Case {
    Strategy strategy;
    std::uint32_t shards;
  };
  const Scenario scenario = load(bad);
  for (const Case& c : {Case{Strategy::random, 3}, Case{Strategy::random, 2}, Case{Strategy::pct, 5}, Case{Strategy::guided, 4}, Case{Strategy::portfolio, 2}}) {
    INFO(to_text(c.strategy) << " in " << c.shards);
    Folder folder;
    const std::string whole = said(scenario, sample(scenario, options(c.strategy, 500)));
    std::vector<Record> records;
    std::vector<std::string> files;
    Diagnostics diagnostics;
    for (std::uint32_t shard = c.shards; shard-- > 0;) {  // in any order
      CampaignOptions part = kept(c.strategy, 500, folder / std::to_string(shard));
      part.plan.shard = shard;
      part.plan.shards = c.shards;
      sample(scenario, part);
      files.push_back(part.file);
      records.push_back(*read_campaign_file(part.file, diagnostics));
    }
    auto merged = merge_campaigns(scenario, shipped_brokers(), records, files, diagnostics);
    REQUIRE(merged);
    CHECK(said(scenario, *merged) == whole);
    // A shard twice, or none of one.
    auto twice = records;
    twice.back() = records.front();
    CHECK_FALSE(merge_campaigns(scenario, shipped_brokers(), twice, files, diagnostics));
    CHECK(diagnostics.all().back().code == "FT-CAM-004");
    Diagnostics unread;
    records.pop_back();
    merged = merge_campaigns(scenario, shipped_brokers(), records, files, unread);
    REQUIRE(merged);
    CHECK(merged->campaign->stopped == "some shards are missing or not finished");
  }
}

// Kills a real process that samples, again and again, at moments that are drawn; then lets one finish.
void kill_and_resume(std::uint64_t kills, std::uint64_t runs, Strategy strategy) {
  const Scenario scenario = load(bad);
  Folder folder;
  const std::string whole = said(scenario, sample(scenario, options(strategy, runs)));
  std::uint64_t killed = 0;
  for (std::uint64_t round = 0; killed < kills && round < 4 * kills; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Diagnostics diagnostics;
      const auto result = check_by_campaign(scenario, shipped_brokers(), kept(strategy, runs, folder / "a"), diagnostics);
      ::_exit(result ? 0 : 9);
    }
    const std::uint64_t microseconds = below(draw(Seed{round}, Purpose("kill"), Whose{0, kills}), 60'000);
    ::usleep(static_cast<useconds_t>(microseconds));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    killed += WIFSIGNALED(status) ? 1 : 0;
    if (WIFEXITED(status)) {
      CHECK(WEXITSTATUS(status) == 0);
      // It was done: begin anew, so that every kill strikes a campaign at work.
      std::filesystem::remove(folder / "a");
    }
  }
  CHECK(killed >= kills);
  CHECK(said(scenario, sample(scenario, kept(strategy, runs, folder / "a"))) == whole);
}

TEST_CASE("campaign.killed_12_times_and_resumed_equals_one_that_nothing_disturbed") {
  kill_and_resume(12, 40'000, Strategy::random);
}

TEST_CASE("campaign.killed_50_times_and_resumed_equals_one_that_nothing_disturbed", "[.full]") {
  kill_and_resume(50, 200'000, Strategy::random);
  kill_and_resume(50, 40'000, Strategy::portfolio);
}

}  // namespace
}  // namespace flowtank::campaign
