# The page for browsers on a CPU: docs/install.md#docker says how to start it.
FROM python:3.13-slim
RUN --mount=type=bind,target=/src \
    pip install --no-cache-dir --constraint /src/constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu '/src[headless,serve]'
RUN useradd --create-home --uid 10001 samtracker && install --directory --owner samtracker /videos
USER 10001
EXPOSE 8765
CMD ["samtrack", "serve", "--host", "0.0.0.0", "--folder", "/videos"]
