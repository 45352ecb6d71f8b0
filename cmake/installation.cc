// Added to every program that links mosaic::mosaic from its CMake package: where the engine and the boards were installed.
extern "C" const char* mosaic_installation();
extern "C" const char* mosaic_installation() { return MOSAIC_INSTALLATION; }
