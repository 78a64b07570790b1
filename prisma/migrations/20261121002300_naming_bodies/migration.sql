-- Whether a stored body names a person: one of the words stands in it, and not only as a part of something longer. Bodies are
-- large and the patterns slow, so few are looked at twice; 'escape' reads any bytes, also a body that is not UTF-8.
CREATE FUNCTION body_names(p_body bytea, p_words text[], p_pattern text, p_by_number text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM unnest(p_words) AS word WHERE position(convert_to(word, 'UTF8') IN p_body) > 0)
    THEN encode(p_body, 'escape') ~* p_pattern OR encode(p_body, 'escape') ~ p_by_number ELSE false END
$$;
