#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command.h"
#include "output.h"

namespace mosaic::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::string bash(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    std::vector<std::string> words = names_of(commands_of(*command));
    for (const CLI::App* inner : commands_of(*command)) {
      for (const std::string& name : option_names(*inner)) words.push_back(name);
    }
    for (const std::string& name : option_names(*command)) words.push_back(name);
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), fmt::join(words, " "));
  }
  return fmt::format(
      "_mosaic() {{\n"
      "  local words=\"{} --help --version\" current=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
      "  [ \"$COMP_CWORD\" -gt 1 ] && case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _mosaic mosaic\n",
      fmt::join(names_of(commands_of(app)), " "), cases);
}

std::string zsh(const CLI::App& app) { return "autoload -U +X bashcompinit && bashcompinit\n" + bash(app); }

std::string fish(const CLI::App& app) {
  std::string out;
  for (const CLI::App* command : commands_of(app)) {
    std::string description = command->get_description();
    std::erase(description, '\'');
    out += fmt::format("complete -c mosaic -n __fish_use_subcommand -f -a {} -d '{}'\n", command->get_name(), description);
    for (const std::string& name : option_names(*command))
      out += fmt::format("complete -c mosaic -n '__fish_seen_subcommand_from {}' -l {}\n", command->get_name(), name.substr(2));
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  auto& command = add_command(app, "completion", "Print a script that completes commands and options in a shell",
                              "  source <(mosaic completion bash)\n  mosaic completion fish > ~/.config/fish/completions/mosaic.fish");
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([shell, &app, &context] {
    context.action = [shell, &app]() -> Result<void> {
      print(*shell == "bash" ? bash(app) : *shell == "zsh" ? zsh(app) : fish(app));
      return {};
    };
  });
}

}  // namespace mosaic::cli
