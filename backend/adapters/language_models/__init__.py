"""Language models behind OpenAI-compatible servers, and what makes them dependable.

::

    FallbackModel                     the configured order
      Breaker                         leaves a provider alone that keeps failing
        PatientModel                  waits as a 429 asks, together with every other call
          MeteredModel                counts calls, tokens and cost; keeps the daily budget
            OpenAIModel               one provider through the openai SDK
"""
