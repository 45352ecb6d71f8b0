# Flags for our own code; generated and third-party code is compiled without.
add_library(mosaic_warnings INTERFACE)
target_compile_options(mosaic_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  # Options are structs with defaults, of which a caller names only those that differ.
  -Wno-missing-field-initializers
  # GCC 12 sees uninitialised values inside empty std::optionals (its bug 80635).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  # Clang sees that the stable sorts of GCC's library use what that library itself calls deprecated.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  # Contracted multiply-adds round differently from build to build; plans must not depend on that.
  -ffp-contract=off)
# Commands and tests do not compute for long themselves: they are compiled for the time that takes.
add_library(mosaic_quick INTERFACE)
if(MOSAIC_SANITIZE)
  target_compile_options(mosaic_quick INTERFACE -O0)
else()
  target_compile_options(mosaic_quick INTERFACE $<$<CONFIG:Release>:-O1>)
endif()

if(MOSAIC_SANITIZE)
  add_compile_options(-fsanitize=${MOSAIC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MOSAIC_SANITIZE})
endif()
if(MOSAIC_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
