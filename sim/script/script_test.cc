#include "sim/script/script.h"

#include <string>

#include "gtest/gtest.h"
#include "sim/script/directive.h"

namespace lockstep::sim {
namespace {

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Script> script = ParseScript(text, "a.scenario");
  return script.ok() ? "" : std::string(script.status().message());
}

TEST(DirectiveTest, ALineIsWrittenAsItIsRead) {
  for (const char* line : {"nodes 3",
                           "option pre_vote 0",
                           "log 2 1 1 4",
                           "timeout 1",
                           "deliver 1->2 AppendEntries",
                           "deliver 1->2",
                           "deliver 2->1 RequestVoteReply #2 keep",
                           "drop 1->2 Heartbeat",
                           "settle",
                           "settle 1 2",
                           "partition 1 | 2 3",
                           "cut 1->2",
                           "heal",
                           "crash 2 after-effect=1",
                           "crash 2 keep=0 torn=1",
                           "write 2 #2 fails torn=1",
                           "propose 1 x=1 y=2",
                           "propose 2 x=1 as=w",
                           "read 1 x as=r lease",
                           "change 1 add 4 remove 2.0 joint as=c",
                           "transfer 1 2",
                           "cancel 1 w",
                           "time 5000",
                           "disk manual 2",
                           "expect log 2 1 1 4"}) {
    const absl::StatusOr<Directive> directive = ParseDirective(line);
    ASSERT_TRUE(directive.ok()) << line << ": " << directive.status();
    EXPECT_EQ(ToString(*directive), line);
  }
}

TEST(DirectiveTest, ARetryNamesNoValue) {
  const absl::StatusOr<Directive> directive = ParseDirective("propose 2 again=w");
  ASSERT_TRUE(directive.ok()) << directive.status();
  EXPECT_EQ(directive->Text("again"), "w");
  EXPECT_FALSE(ParseDirective("propose 2").ok());
}

TEST(DirectiveTest, EveryVerbIsExplained) {
  const std::string table = SyntaxTable();
  for (size_t verb = 0; verb < kVerbCount; ++verb) {
    EXPECT_NE(table.find(std::string(ToString(static_cast<Verb>(verb)))), std::string::npos);
  }
}

TEST(ScriptTest, CommentsAndEmptyLinesSayNothing) {
  const absl::StatusOr<Script> script =
      ParseScript("# A story.\n\nnodes 3  # three\n\ntimeout 1 # first\ndeliver 1->2 #2\n", "a");
  ASSERT_TRUE(script.ok()) << script.status();
  ASSERT_EQ(script->comment.size(), 1u);
  EXPECT_EQ(script->comment[0], "A story.");
  ASSERT_EQ(script->directives.size(), 2u);
  EXPECT_EQ(script->directives[0].line, 5);
  EXPECT_EQ(script->directives[1].number, 2u);
}

TEST(ScriptTest, AFileIsReadAsItIsWritten) {
  const std::string text = "# A story.\nnodes 3\nlenient\n\ntimeout 1\nsettle\n";
  const absl::StatusOr<Script> script = ParseScript(text, "a");
  ASSERT_TRUE(script.ok()) << script.status();
  EXPECT_EQ(ToString(*script), text);
}

TEST(ScriptTest, AnErrorNamesFileLineAndWhatWasExpected) {
  EXPECT_EQ(ErrorOf("nodes 3\ntimeout\n"),
            "a.scenario:2: the line ends where a node's number, 1 to 7 is expected; expected: timeout NODE");
  EXPECT_EQ(
      ErrorOf("nodes 3\n\ndeliver 1-2\n"),
      "a.scenario:3: '1-2' found where a link as 1->2 is expected; expected: deliver FROM->TO [KIND] [#RANK] [keep]");
  EXPECT_EQ(ErrorOf("nodes 3\ntimeout 1 2\n"), "a.scenario:2: '2' is too much; expected: timeout NODE");
  EXPECT_EQ(ErrorOf("nodes 3\ncrash 1 keep=x\n"),
            "a.scenario:2: 'keep=x' is too much; expected: crash NODE [after-effect=N] [keep=N] [torn=N]");
  EXPECT_EQ(ErrorOf("nodes 3\ntimeout 4\n"), "a.scenario:2: there is no node 4; expected one of 1 to 3");
  EXPECT_EQ(ErrorOf("timeout 1\n"), "a.scenario:1: nobody is there yet; expected 'nodes COUNT' before");
  EXPECT_EQ(ErrorOf("# nothing\n"), "a.scenario:1: the file ends; expected 'nodes COUNT'");
  EXPECT_EQ(ErrorOf("nodes 3\nheal\noption pre_vote 0\n"),
            "a.scenario:3: 'option' says what there is at the start; expected before line 2");
  EXPECT_EQ(ErrorOf("nodes 9\n"), "a.scenario:1: 9 nodes; expected 1 to 7");
  EXPECT_TRUE(ErrorOf("nodes 3\nhope 1\n").starts_with("a.scenario:2: no directive 'hope'; expected one of: nodes, "));
}

TEST(ScriptTest, AFileThatIsNotThereIsAnError) {
  const absl::StatusOr<Script> script = ReadScript("/nowhere/a.scenario");
  EXPECT_EQ(script.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace lockstep::sim
