// Commands that stand alone: no profile, no plan.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::Outcome;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

const std::vector<std::string> kCommands{"run",    "inspect", "profile", "plan",       "explain", "bench",     "verify",   "export",  "devices",
                                         "doctor", "zoo",     "cache",   "completion", "help",    "calibrate", "evaluate", "quantize"};

TEST(Zoo, ListsNetworksWithTheirSources) {
  const Desk desk;
  EXPECT_THAT(desk.output({"zoo", "list"}), AllOf(HasSubstr("squeezenet_1.1"), HasSubstr("arXiv 1602.07360")));
  std::vector<std::string> names;
  for (const Json& entry : desk.json({"zoo", "list"})) names.push_back(entry.at("name"));
  EXPECT_THAT(names, IsSupersetOf({"mobilenet_v2_<width>", "squeezenet_1.1", "vgg16"}));
}

TEST(Zoo, BuildsTheSameBytesFromTheSameSeed) {
  const Desk desk;
  for (const auto& [file, seed] : {std::pair("a.onnx", "3"), std::pair("b.onnx", "3"), std::pair("c.onnx", "4")})
    EXPECT_EQ(desk.output({"zoo", "build", "mobilenet_v2_0.1", "-o", file, "--seed", seed}), "");
  EXPECT_EQ(desk.read("a.onnx"), desk.read("b.onnx"));
  EXPECT_NE(desk.read("a.onnx"), desk.read("c.onnx"));
  EXPECT_THAT(desk.output({"inspect", "a.onnx"}), HasSubstr("1x3x224x224"));
}

// A convolution of 8 to 8 channels, 3 x 3, on 8 x 8 pixels: 8 * 8 * 8 * 8 * 9 = 36864 multiplications, 8 * 8 * 9 + 8 = 584 parameters; behind it
// 8 * 8 * 8 floats, 2048 bytes, would travel.
TEST(Inspect, ShowsLayersAndWhatWouldTravel) {
  const Desk desk;
  desk.save("net.onnx", test::conv_chain(3));
  EXPECT_THAT(desk.output({"inspect", "net.onnx"}), AllOf(HasSubstr("net: 3 layers of 6 operators"), HasSubstr("Conv+Relu"), HasSubstr("2.00 KiB")));
  const Json json = desk.json({"inspect", "net.onnx"});
  EXPECT_EQ(json.at("model"), "net");
  EXPECT_EQ(json.at("inputs").at(0), (Json{{"name", "x"}, {"type", "float32"}, {"shape", {1, 8, 8, 8}}}));
  ASSERT_EQ(json.at("layers").size(), 3);
  const Json& first = json.at("layers").at(0);
  EXPECT_EQ(first.at("macs"), 36864);
  EXPECT_EQ(first.at("parameters"), 584);
  EXPECT_EQ(first.at("cut_behind").at("bytes"), 2048);
  EXPECT_FALSE(json.at("layers").at(2).contains("cut_behind"));
}

TEST(Inspect, TakesAShapeForASymbolicInput) {
  const Desk desk;
  onnx::Builder net("net", 1);
  net.output(net.relu(net.conv(net.input("image", {1, 8, -1, -1}), {.in = 8, .out = 8})), {1, 8, -1, -1});
  desk.save("net.onnx", net.build());
  EXPECT_EQ(desk.json({"inspect", "net.onnx", "--shape", "image=1x8x12x20"}).at("outputs").at(0).at("shape"), Json({1, 8, 12, 20}));
}

TEST(Devices, ShowsThisMachine) {
  const Desk desk;
  EXPECT_THAT(desk.output({"devices"}), AllOf(HasSubstr("board host: "), HasSubstr("/1c")));
  const Json json = desk.json({"devices", "--board", "host-split"});
  EXPECT_FALSE(json.at("simulated"));
  EXPECT_EQ(json.at("name"), "host-split");
  EXPECT_THAT(json.at("devices").at(0).at("name").get<std::string>(), testing::StartsWith("core"));
}

TEST(Devices, WritesABoardThatReadsBackAsTheSame) {
  const Desk desk;
  desk.write("toy.yaml", test::simulated_board_text(", slice_limit: 3 MiB, missing_operators: [MaxPool]"));
  for (const std::string board : {"host", "host-split", "toy.yaml"}) {
    SCOPED_TRACE(board);
    EXPECT_EQ(desk.output({"devices", "--board", board, "--write", "written.yaml"}), "");
    EXPECT_EQ(desk.json({"devices", "--board", "written.yaml"}), desk.json({"devices", "--board", board}));
  }
  EXPECT_THAT(desk.output({"devices", "--board", "toy.yaml"}), AllOf(HasSubstr("(simulated)"), HasSubstr("3.00 MiB"), HasSubstr("MaxPool")));
  EXPECT_TRUE(desk.json({"devices", "--board", "toy.yaml"}).at("simulated"));
}

TEST(Devices, FindsABoardByItsNameInAFolderOfBoards) {
  const Desk desk;
  desk.write("mine/special.yaml", test::simulated_board_text());
  const Outcome outcome = desk.run({"devices", "--board", "special"}, {{"MOSAIC_BOARDS", (desk / "mine").string()}});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("board toy (simulated)"));
}

TEST(Doctor, SaysWhatIsThereAndWhatIsMissing) {
  const Desk desk;
  EXPECT_THAT(desk.output({"doctor"}), AllOf(HasSubstr("engine"), HasSubstr("ONNX Runtime"), HasSubstr("what to do")));
  const Json findings = desk.json({"doctor"});
  std::vector<std::string> subjects;
  for (const Json& each : findings) {
    subjects.push_back(each.at("subject"));
    EXPECT_THAT((std::vector<std::string>{"good", "missing", "advice"}), Contains(each.at("state").get<std::string>()));
    if (each.at("state") == "missing") {
      EXPECT_NE(each.at("remedy"), "") << each;
    }
  }
  EXPECT_THAT(subjects, IsSupersetOf({"engine", "cores", "clocks", "load", "energy", "cache"}));
}

TEST(Completion, CompletesInBash) {
  const Desk desk;
  desk.write("mosaic.bash", desk.output({"completion", "bash"}));
  test::Setting setting = desk.setting();
  setting.program = "/bin/bash";
  const auto complete = [&](const std::string& words, const std::string& last) {
    const std::string script =
        "complete() { :; }; . ./mosaic.bash; COMP_WORDS=(" + words + "); COMP_CWORD=" + last + "; _mosaic; echo ${COMPREPLY[*]}";
    return test::Process({"-c", script}, setting).wait().out;
  };
  EXPECT_EQ(complete("mosaic ver", "1"), "verify\n");
  EXPECT_EQ(complete("mosaic profile --rep", "2"), "--repetitions\n");
  EXPECT_EQ(complete("mosaic zoo bui", "2"), "build\n");
}

TEST(Completion, NamesEveryCommandInEveryShell) {
  const Desk desk;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = desk.output({"completion", shell});
    for (const std::string& command : kCommands) EXPECT_THAT(script, HasSubstr(command)) << shell;
  }
}

TEST(Help, ShowsExamplesOfEveryCommand) {
  const Desk desk;
  const std::string overview = desk.output({"help"});
  EXPECT_THAT(overview, HasSubstr("Exit codes: "));
  EXPECT_EQ(desk.output({"--help"}), overview);
  EXPECT_EQ(desk.output({}), overview);
  for (const std::string& command : kCommands) {
    EXPECT_THAT(overview, HasSubstr("\n  " + command + " "));
    if (command == "help") continue;
    const std::string help = desk.output({command, "--help"});
    EXPECT_THAT(help, AllOf(HasSubstr("Examples:\n  "), HasSubstr("mosaic " + command)));
    EXPECT_EQ(desk.output({"help", command}), help);
  }
}

TEST(Help, TellsTheVersion) {
  const Desk desk;
  EXPECT_THAT(desk.output({"--version"}), testing::MatchesRegex("mosaic [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Inspect, ShowsNetworksOfTheZooInTheLayersOfTheirPapersToo) {
  const Desk desk;
  EXPECT_THAT(desk.output({"inspect", "zoo:resnet152_v2"}), HasSubstr("10.9 G MACs"));
  const Json paper = desk.json({"inspect", "zoo:resnet152_v2", "--paper-layers"});
  ASSERT_EQ(paper.at("layers").size(), 53U);
  EXPECT_EQ(paper.at("layers").at(3).at("name"), "unit_3");
  EXPECT_EQ(paper.at("layers").at(3).at("cut_behind").at("bytes"), 4 * 256 * 28 * 28);  // the third unit has the stride
  (void)desk.output({"zoo", "build", "mobilenet_v2_0.1", "-o", "net.onnx"});
  const Json built = desk.json({"inspect", "net.onnx", "--paper-layers"});
  EXPECT_EQ(built.at("layers").size(), 18U);
  EXPECT_EQ(built.at("fingerprint"), desk.json({"inspect", "zoo:mobilenet_v2_0.1", "--paper-layers"}).at("fingerprint"));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  const Desk desk;
  desk.save("net.onnx", test::conv_chain(2));
  const std::vector<test::Refusal> refusals{
      {{"inpsect", "net.onnx"}, {"inpsect", "did you mean 'inspect'"}},
      {{"help", "verfy"}, {"verfy", "did you mean 'verify'"}},
      {{"inspect", "net.onnx", "--jsno"}, {"--jsno"}},
      {{"inspect"}, {"MODEL"}},
      {{"zoo"}, {"subcommand"}},
      {{"zoo", "build", "mobilnet_v2_0.5", "-o", "x.onnx"}, {"'mobilnet_v2_0.5'", "did you mean 'mobilenet_v2_0.5'"}},
      {{"zoo", "build", "squeezenet_1.01", "-o", "x.onnx"}, {"'squeezenet_1.01'", "did you mean 'squeezenet_1.0'"}},
      {{"zoo", "build", "mobilenet_v2_9", "-o", "x.onnx"}, {"mobilenet_v2_9", "mobilenet_v2_<width>"}},
      {{"inspect", "zoo:vgg61"}, {"'vgg61'", "did you mean 'vgg16'"}},
      {{"inspect", "zoo:vgg16", "--shape", "image=1x3x32x32"}, {"--shape", "zoo:vgg16"}},
      {{"inspect", "net.onnx", "--paper-layers"}, {"belongs to no block"}},
      {{"completion", "tcsh"}, {"tcsh"}},
      {{"devices", "--board", "hosst"}, {"hosst", "host-split"}},
      {{"profile", "net.onnx", "-o", "p.json", "--repetitions", "many"}, {"--repetitions", "many"}},
      {{"profile", "net.onnx", "-o", "p.json", "--repetitions", "1"}, {"--repetitions"}},
      {{"profile", "net.onnx"}, {"--output"}},
      {{"plan", "net.onnx", "-o", "plan.json"}, {"--profile"}},
      {{"run", "net.onnx", "--preprocess", "torhc", "--input", "x.npy"}, {"torhc"}},
      {{"inspect", "net.onnx", "--shape", "x=1xbig"}, {"x=1xbig", "1x3x224x224"}},
      {{"inspect", "net.onnx", "--shape", "y=1x8x8x8"}, {"'y'", "x"}},
  };
  for (const test::Refusal& refusal : refusals) expect_refusal(desk, refusal);
}

}  // namespace
}  // namespace mosaic
