#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/lockstepd/certificates.h"
#include "runtime/lockstepd/join.h"
#include "runtime/lockstepd/member_file.h"
#include "runtime/lockstepd/members_page.h"
#include "runtime/lockstepd/metrics.h"

namespace lockstep::runtime {
namespace {

Settings SettingsOf(const std::string& name, bool joins) {
  const std::string url = "http://localhost:" + std::string(1, name.back());
  const auto flags = ReadFlags({"--name=" + name, "--initial-advertise-peer-urls=" + url,
                                "--initial-cluster=m2=http://localhost:2,m1=http://localhost:1,m3=http://localhost:3",
                                std::string("--initial-cluster-state=") + (joins ? "existing" : "new")},
                               [](const std::string&) { return std::nullopt; });
  return *MakeSettings(*flags);
}

MembersPage PageOfFounders(const Settings& settings) {
  MembersPage page{.cluster_id = FoundedClusterId(settings), .members = Founders(settings)};
  for (ListedMember& member : page.members) member.client_urls = {"http://localhost:9"};
  return page;
}

TEST(MembershipTest, FoundersAreNumberedByTheirNames) {
  const Settings settings = SettingsOf("m2", false);
  const MemberRecord record = RecordOfFounding(settings);
  EXPECT_EQ(record.self, (NodeId{2, 0}));
  EXPECT_TRUE(record.is_founder);
  EXPECT_EQ(record.addresses.at(NodeId{3, 0}), "localhost:3");
  EXPECT_EQ(FoundingConfiguration(settings).voters.size(), 3u);
  EXPECT_EQ(RecordOfFounding(SettingsOf("m1", false)).cluster_id, record.cluster_id);
}

TEST(MembershipTest, AFounderThatHasLostItsDiskIsRefused) {
  const Settings settings = SettingsOf("m2", false);
  MembersPage page = PageOfFounders(settings);
  EXPECT_EQ(CheckNotBootstrapped(settings, page).code(), absl::StatusCode::kFailedPrecondition);
  page.members[1].client_urls.clear();
  EXPECT_TRUE(CheckNotBootstrapped(settings, page).ok()) << "it has never started";
  page.members.erase(page.members.begin() + 1);
  EXPECT_FALSE(CheckNotBootstrapped(settings, page).ok()) << "it has been removed";
  page.members.pop_back();
  EXPECT_TRUE(CheckNotBootstrapped(settings, page).ok()) << "its turn to be added has not come";
  page = PageOfFounders(settings);
  page.cluster_id = 1;
  EXPECT_TRUE(CheckNotBootstrapped(settings, page).ok()) << "another cluster";
}

TEST(MembershipTest, WhoeverJoinsIsTheMemberWithItsUrls) {
  const Settings settings = SettingsOf("m3", true);
  MembersPage page = PageOfFounders(settings);
  EXPECT_FALSE(RecordOfJoining(settings, page).ok()) << "that one has been started before";
  page.members[2] = {.id = 4, .peer_urls = {"http://localhost:3"}};
  const auto record = RecordOfJoining(settings, page);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->self, (NodeId{4, 0}));
  EXPECT_EQ(record->cluster_id, page.cluster_id);
  EXPECT_FALSE(record->is_founder);
  page.members.pop_back();
  EXPECT_NE(RecordOfJoining(settings, page).status().message().find("etcdctl member add m3"), std::string::npos);
}

TEST(MembershipTest, ARecordIsReadAsItWasWritten) {
  const std::string folder = testing::TempDir() + "/member";
  std::filesystem::remove_all(folder);
  const auto none = ReadMemberFile(folder);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  const MemberRecord record = RecordOfFounding(SettingsOf("m1", false));
  ASSERT_TRUE(WriteMemberFile(folder, record).ok());
  EXPECT_EQ(**ReadMemberFile(folder), record);
  std::ofstream(folder + "/member.json") << "{\"cluster_id\":";
  EXPECT_EQ(ReadMemberFile(folder).status().code(), absl::StatusCode::kDataLoss);
}

TEST(MembershipTest, ThePageIsReadAsItWasWritten) {
  MembersPage page = PageOfFounders(SettingsOf("m1", false));
  page.cluster_id = UINT64_MAX;
  page.members[0].is_learner = true;
  const auto read = DecodeMembersPage(EncodeMembersPage(page));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, page);
  for (const char* bad : {"", "[]", "{\"cluster_id\":\"x\",\"members\":[]}", "{\"cluster_id\":\"1\"}"}) {
    EXPECT_FALSE(DecodeMembersPage(bad).ok()) << bad;
  }
}

TEST(CertificatesTest, AreMadeOnceAndOfUse) {
  const std::string folder = testing::TempDir() + "/auto";
  std::filesystem::remove_all(folder);
  const auto files = MakeCertificate(folder, "localhost");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_TRUE(TlsContext::Load(*files, {.verify = TlsVerify::kNever}).ok());
  const auto time = std::filesystem::last_write_time(files->certificate);
  ASSERT_TRUE(MakeCertificate(folder, "localhost").ok());
  EXPECT_EQ(std::filesystem::last_write_time(files->certificate), time);
  EXPECT_TRUE(MakeCertificate(folder + "/number", "127.0.0.1").ok());
}

TEST(MetricsTest, AreInPrometheussFormat) {
  Durations durations;
  for (const int64_t micros : {500, 1000, 3000, 100'000'000}) durations.Add(micros);
  MetricsText metrics;
  metrics.Counter("a_total", "As.", 3);
  metrics.Gauge("b", "Bs.");
  metrics.Value(0.5, {{"x", "1"}, {"y", "2"}});
  metrics.Histogram("c_seconds", "Cs.", durations);
  EXPECT_EQ(metrics.text().substr(0, metrics.text().find("_seconds")),
            "# HELP a_total As.\n# TYPE a_total counter\na_total 3\n# HELP b Bs.\n# TYPE b gauge\nb{x=\"1\",y=\"2\"} "
            "0.5\n# HELP c");
  for (const char* line : {"\nc_seconds_bucket{le=\"0.001\"} 2\n", "\nc_seconds_bucket{le=\"0.004\"} 3\n",
                           "\nc_seconds_bucket{le=\"8.192\"} 3\n", "\nc_seconds_bucket{le=\"+Inf\"} 4\n",
                           "\nc_seconds_sum 100.004\n", "\nc_seconds_count 4\n"}) {
    EXPECT_NE(metrics.text().find(line), std::string::npos) << line << metrics.text();
  }
  metrics.AddProcess();
  EXPECT_NE(metrics.text().find("\nprocess_resident_memory_bytes "), std::string::npos);
}

}  // namespace
}  // namespace lockstep::runtime
